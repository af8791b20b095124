#include "client/preview.hpp"

#include "runtime/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ostream>

namespace tessera {
std::ostream& operator<<(std::ostream& out, const Array& array) {
  std::int64_t chunks = 1, longest = 1;
  for (const arrays::shape::Cuts& cuts : array.chunks()) chunks *= std::ssize(cuts), longest *= *std::ranges::max_element(cuts);
  const auto bytes = static_cast<std::uint64_t>(longest) * arrays::size_bytes(array.dtype());
  return out << fmt::format("Array {} {}, chunks {}: {} of at most {}", arrays::to_string(array.dtype()), arrays::to_string(array.shape()),
                            arrays::shape::to_string(array.chunks()), chunks, runtime::to_string(runtime::Bytes{bytes}));
}

namespace arrays {
namespace {
constexpr std::int64_t whole_max = 1000, shown_at_ends = 3;
constexpr std::size_t line_max = 75;
constexpr int digits_max = 8;

/// Numbers of an array in one style, as NumPy chooses it: as wide as the widest, with a point at one place.
class Floats {
 public:
  /// Takes a number that is to be shown. `digits` are the shortest that tell it from others of its dtype, in both notations.
  template <class T>
  void take(T value) {
    if (!std::isfinite(value)) return;
    const double size = std::abs(static_cast<double>(value));
    if (size != 0) largest_ = std::max(largest_, size), smallest_ = std::min(smallest_, size);
    const std::string fixed = shortest(value, std::chars_format::fixed), scientific = shortest(value, std::chars_format::scientific);
    fraction_ = std::max(fraction_, fraction_of(fixed));
    mantissa_ = std::max(mantissa_, fraction_of(scientific));
  }
  template <class T>
  std::string text(T value) const {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    if (is_scientific()) {
      std::string text = fmt::format("{:.{}e}", value, std::min(mantissa_, digits_max));
      if (mantissa_ == 0) text.insert(text.find('e'), ".");
      return text;
    }
    std::string text = shortest(value, std::chars_format::fixed);
    if (fraction_of(text) > digits_max) text = fmt::format("{:.{}f}", value, digits_max);
    if (text.find('.') == std::string::npos) text += '.';
    while (text.back() == '0') text.pop_back();
    // Behind the point as wide as the widest.
    const auto behind = static_cast<int>(text.size() - text.find('.') - 1);
    return text + std::string(static_cast<std::size_t>(std::max(0, std::min(fraction_, digits_max) - behind)), ' ');
  }

 private:
  bool is_scientific() const { return largest_ >= 1e8 || (largest_ > 0 && (smallest_ < 1e-4 || largest_ / smallest_ > 1000)); }
  template <class T>
  static std::string shortest(T value, std::chars_format format) {
    char text[512];
    return {text, std::to_chars(text, text + sizeof text, value, format).ptr};
  }
  static int fraction_of(const std::string& text) {
    const auto point = text.find('.');
    if (point == std::string::npos) return 0;
    return static_cast<int>(std::min(text.find('e'), text.size()) - point - 1);
  }

  double largest_ = 0, smallest_ = std::numeric_limits<double>::infinity();
  int fraction_ = 0, mantissa_ = 0;
};

std::string date_of(std::int64_t ns) {
  if (ns == not_a_time) return "'NaT'";
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(ns)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("'{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}'", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

/// The elements that are shown, as texts of one width.
class Texts {
 public:
  Texts(const Block& block, const std::vector<std::size_t>& places) {
    with_type(block.dtype(), [&]<class T>() { make(block.data<T>(), places); });
    std::size_t width = 0;
    for (const std::string& one : all_) width = std::max(width, one.size());
    for (std::string& one : all_) one.insert(0, width - one.size(), ' ');
  }
  std::string next() { return std::move(all_[next_++]); }

 private:
  template <class T>
  void make(std::span<const T> elements, const std::vector<std::size_t>& places) {
    Floats real, imag;
    if constexpr (std::is_floating_point_v<T>) {
      for (const std::size_t at : places) real.take(elements[at]);
    } else if constexpr (ComplexElement<T>) {
      for (const std::size_t at : places) real.take(elements[at].real()), imag.take(elements[at].imag());
    }
    for (const std::size_t at : places) {
      const T value = elements[at];
      if constexpr (std::is_same_v<T, bool>) all_.push_back(value ? "True" : "False");
      else if constexpr (std::is_floating_point_v<T>) all_.push_back(real.text(value));
      else if constexpr (ComplexElement<T>) {
        std::string second = imag.text(value.imag());
        if (second[0] != '-') second.insert(0, "+");
        const auto end = second.find_last_not_of(' ') + 1;
        all_.push_back(real.text(value.real()) + second.insert(end, "j"));
      } else if constexpr (std::is_same_v<T, Datetime>) all_.push_back(date_of(value.ns));
      else if constexpr (std::is_same_v<T, Timedelta>) all_.push_back(value.ns == not_a_time ? "'NaT'" : std::to_string(value.ns));
      else all_.push_back(std::to_string(value));
    }
  }
  std::vector<std::string> all_;
  std::size_t next_ = 0;
};

/// The picture of one array.
class Preview {
 public:
  explicit Preview(const Block& block) : shape_(block.shape()), is_short_(block.size() <= whole_max), texts_(block, places()) {}
  std::string text() { return shape_.empty() ? texts_.next() : level(0, " ", line_max); }

 private:
  /// Indices along a dimension; -1 stands for those that are left out.
  std::vector<std::int64_t> shown(std::size_t axis) const {
    const std::int64_t length = shape_[axis];
    const bool is_cut = !is_short_ && length > 2 * shown_at_ends;
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < length; ++i) {
      if (is_cut && i == shown_at_ends) all.push_back(-1), i = length - shown_at_ends;
      all.push_back(i);
    }
    return all;
  }
  std::vector<std::size_t> places() const {
    std::vector<std::size_t> all{0};
    for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
      std::vector<std::size_t> next;
      for (const std::size_t before : all)
        for (const std::int64_t i : shown(axis))
          if (i >= 0) next.push_back(before * static_cast<std::size_t>(shape_[axis]) + static_cast<std::size_t>(i));
      all = std::move(next);
    }
    return all;
  }
  std::string level(std::size_t axis, const std::string& indent, std::size_t width) {
    const auto indices = shown(axis);
    const std::size_t left = shape_.size() - axis;
    std::string text, line = indent;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (left > 1) {
        if (i > 0) text += std::string(left - 1, '\n');
        text += indent + (indices[i] < 0 ? "..." : level(axis + 1, indent + ' ', width - 1));
        continue;
      }
      const std::string word = indices[i] < 0 ? "..." : texts_.next();
      if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line = indent;
      }
      line += word;
      if (i + 1 < indices.size()) line += ' ';
    }
    if (left == 1) text += line;
    return text.empty() ? "[]" : "[" + text.substr(indent.size()) + "]";
  }

  ShapeView shape_;
  bool is_short_;
  Texts texts_;
};
}  // namespace

std::ostream& operator<<(std::ostream& out, const Block& block) {
  if (block.size() == 0) return out << "[]";
  return out << Preview(block).text();
}
}  // namespace arrays
}  // namespace tessera
