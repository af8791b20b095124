#include "tests/arrays/corpus.hpp"

#include "io/npy/npy.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <limits>
#include <type_traits>

namespace tessera::corpus {
using arrays::Block;
using nlohmann::json;

namespace {
std::string folder() { return std::string(TESSERA_SOURCE_DIR) + "/tests/arrays/corpus"; }

/// How near a float must be.
struct Nearness {
  bool exact = true;
  double ulps = 0;
  std::optional<double> absolute;
};
Nearness nearness_of(const json& which) {
  if (which.contains("exact")) return {};
  Nearness nearness{false, which.at("ulps").get<double>(), {}};
  if (which.contains("absolute")) nearness.absolute = which["absolute"].get<double>();
  return nearness;
}

/// How many floats lie between two finite ones.
template <class T>
double ulps_between(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const auto place = [](T value) {
    const auto bits = std::bit_cast<Bits>(value);
    return bits >= 0 ? static_cast<long double>(bits) : -static_cast<long double>(bits & std::numeric_limits<Bits>::max());
  };
  return static_cast<double>(std::abs(place(a) - place(b)));
}

template <std::floating_point T>
bool same(T got, T want, const Nearness& near) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (got == want) return got != 0 || near.absolute || std::signbit(got) == std::signbit(want);
  if (near.exact || std::isinf(got) || std::isinf(want)) return false;
  if (near.absolute && std::abs(static_cast<double>(got) - static_cast<double>(want)) <= *near.absolute) return true;
  return ulps_between(got, want) <= near.ulps;
}
template <class T>
bool same(std::complex<T> got, std::complex<T> want, const Nearness& near) {
  if (near.exact || !std::isfinite(std::abs(want))) return same(got.real(), want.real(), near) && same(got.imag(), want.imag(), near);
  const double apart = std::abs(std::complex<double>(got) - std::complex<double>(want));
  return apart <= near.absolute.value_or(0) || apart <= near.ulps * std::numeric_limits<T>::epsilon() * std::abs(std::complex<double>(want));
}

template <class T>
std::string text(T value) {
  if constexpr (std::is_floating_point_v<T>) return fmt::format("{}", value);
  else if constexpr (std::is_integral_v<T>) return fmt::format("{}", static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(value));
  else if constexpr (requires { value.real(); }) return fmt::format("{}{:+}j", value.real(), value.imag());
  else return fmt::format("{} ns", value.ns);
}
}  // namespace

File::File(const std::string& name) : name_(name) {
  auto all = io::npy::read_archive(folder() + "/" + name + ".npz");
  BOOST_REQUIRE_MESSAGE(bool(all), (all ? std::string() : all.failure().message));
  values_ = std::move(*all);
  const auto cases = values_.at("cases").raw();
  text_ = json::parse(reinterpret_cast<const char*>(cases.data()), reinterpret_cast<const char*>(cases.data() + cases.size()));
}

Block File::array(std::size_t number) const {
  const json& described = text_.at("arrays").at(number);
  const auto name = described.at(0).get<std::string>();
  const auto dtype = arrays::dtype_named(name);
  BOOST_REQUIRE_MESSAGE(dtype, "no dtype " + name);
  arrays::BlockBuilder builder(*dtype, described.at(1).get<arrays::Shape>());
  if (!builder.raw().empty())
    std::ranges::copy(values_.at(name).raw().subspan(described.at(2).get<std::size_t>() * arrays::size_bytes(*dtype), builder.raw().size()),
                      builder.raw().begin());
  return std::move(builder).freeze();
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& one : std::filesystem::directory_iterator(folder()))
    if (one.path().extension() == ".npz") all.push_back(one.path().stem().string());
  std::ranges::sort(all);
  return all;
}

std::string title(const File& file, std::size_t number) {
  const json& one = file.cases().at(number);
  std::string of;
  for (const json& argument : one["arguments"]) {
    if (!of.empty()) of += ", ";
    if (argument.contains("array")) {
      const Block block = file.array(argument["array"].get<std::size_t>());
      of += fmt::format("{}{}", arrays::to_string(block.dtype()), arrays::to_string(block.shape()));
    } else of += argument.dump();
  }
  return fmt::format("{} {}: {}({}){}", file.name(), number, one["function"].get<std::string>(), of,
                     one.contains("keywords") ? " " + one["keywords"].dump() : "");
}

std::string difference(const Block& got, const Block& want, const json& which) {
  if (got.dtype() != want.dtype()) return fmt::format("the dtype is {}, not {}", arrays::to_string(got.dtype()), arrays::to_string(want.dtype()));
  if (!std::ranges::equal(got.shape(), want.shape()))
    return fmt::format("the shape is {}, not {}", arrays::to_string(got.shape()), arrays::to_string(want.shape()));
  const Nearness near = nearness_of(which);
  return arrays::with_type(got.dtype(), [&]<class T>() -> std::string {
    for (std::size_t i = 0; i < got.data<T>().size(); ++i) {
      const T a = got.data<T>()[i], b = want.data<T>()[i];
      bool equal;
      if constexpr (requires { same(a, b, near); }) equal = same(a, b, near);
      else equal = a == b;
      if (!equal) return fmt::format("element {} of {} is {}, not {}", i, arrays::to_string(got.shape()), text(a), text(b));
    }
    return {};
  });
}

std::size_t Tally::count(const std::map<std::string, std::size_t>& of) const {
  std::size_t sum = 0;
  for (const auto& [name, count] : of) sum += count;
  return sum;
}

std::string Tally::list(const std::map<std::string, std::size_t>& of) {
  std::string text;
  for (const auto& [name, count] : of) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  return text;
}
}  // namespace tessera::corpus
