#include "io/npy/header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace tessera::io::npy {
using arrays::Dtype;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr std::string_view magic{"\x93NUMPY", 6};

/// NumPy's letter and size of each dtype.
constexpr std::string_view codes[arrays::dtype_count] = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16", "M8[ns]", "m8[ns]"};

/// The three values of the dict. `descr` is empty where it is no string: structured dtypes are lists.
struct Fields {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<arrays::Shape> shape;
};

/// Reads the dict as Python writes it, and no other Python. Each function is false where the text does not go on so.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool dict(Fields& fields) {
    if (!take('{')) return false;
    while (!take('}')) {
      const auto key = string();
      if (!key || !take(':') || !value(*key, fields)) return false;
      if (!take(',')) return take('}') && at_end();
    }
    return at_end();
  }

 private:
  bool value(const std::string& key, Fields& fields) {
    if (key == "descr" && !fields.descr) {
      fields.descr = skip_list() ? std::string() : string();
      return fields.descr.has_value();
    }
    if (key == "fortran_order" && !fields.fortran_order) {
      if (word("True")) fields.fortran_order = true;
      else if (word("False")) fields.fortran_order = false;
      return fields.fortran_order.has_value();
    }
    if (key == "shape" && !fields.shape) {
      fields.shape = tuple();
      return fields.shape.has_value();
    }
    return false;
  }

  std::optional<arrays::Shape> tuple() {
    arrays::Shape lengths;
    if (!take('(')) return std::nullopt;
    while (!take(')')) {
      std::int64_t length = 0;
      space();
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), length);
      if (error != std::errc() || length < 0) return std::nullopt;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      (void)take('L');  // As Python 2 wrote long integers.
      lengths.push_back(length);
      if (!take(',')) return take(')') && lengths.size() > 1 ? std::optional(lengths) : std::nullopt;
    }
    return lengths;
  }

  std::optional<std::string> string() {
    space();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    if (text.find('\\') != std::string::npos) return std::nullopt;
    return text;
  }

  /// A list of fields, to its last bracket: it is refused, but as what it is.
  bool skip_list() {
    space();
    if (rest_.empty() || rest_[0] != '[') return false;
    const std::size_t end = rest_.rfind(']');
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool word(std::string_view expected) {
    space();
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool take(char expected) { return word({&expected, 1}); }
  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }
  bool at_end() {
    space();
    return rest_.empty();
  }

  std::string_view rest_;
};

/// Why no block has the dtype, and what to do.
std::string why_not(const std::string& descr) {
  if (descr.empty()) return "has several fields in an element: save each field as an array of its own";
  const std::string_view code = std::string_view(descr).substr(1);
  if (code.starts_with('O')) return "holds Python objects, which only Python can read: convert it to numbers before it is saved";
  if (code.starts_with('U') || code.starts_with('S') || code.starts_with('V'))
    return fmt::format("holds text or bytes ('{}'): arrays of numbers, bools and times are read", descr);
  if (code.starts_with('M')) return fmt::format("has the dtype '{}': save x.astype('datetime64[ns]')", descr);
  if (code.starts_with('m')) return fmt::format("has the dtype '{}': save x.astype('timedelta64[ns]')", descr);
  return fmt::format("has the dtype '{}', which is not known: save e.g. x.astype('float64')", descr);
}

/// The bytes of the dict, behind magic number, version and length.
runtime::Result<std::string_view> dict_in(std::string_view text, const std::string& where) {
  const auto refuse = [&](const std::string& why) { return Failure{ErrorCode::bad_input, fmt::format("{} {}", where, why)}; };
  if (!text.starts_with(magic)) return refuse("is no .npy array: it does not begin with \\x93NUMPY");
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(text[at])); };
  if (text.size() < 10) return refuse("is cut off in its header");
  const std::size_t major = byte(6), minor = byte(7);
  if (major < 1 || major > 3 || minor != 0)
    return refuse(fmt::format("is of version {}.{} of the format; 1.0 to 3.0 are read", major, minor));
  const std::size_t dict_at = major == 1 ? 10 : 12;
  if (text.size() < dict_at) return refuse("is cut off in its header");
  std::size_t bytes = byte(8) | byte(9) << 8;
  if (major > 1) bytes |= byte(10) << 16 | byte(11) << 24;
  if (bytes > header_bytes_max)
    return refuse(fmt::format("has a header of {} bytes; {} are the most that an array of numbers needs: it is broken", bytes, header_bytes_max));
  if (text.size() - dict_at < bytes) return refuse("is cut off in its header");
  return text.substr(dict_at, bytes);
}
}  // namespace

runtime::Result<Header> parse_header(std::span<const std::byte> beginning, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), beginning.size());
  const auto refuse = [&](const std::string& why) { return Failure{ErrorCode::bad_input, fmt::format("{} {}", where, why)}; };
  const auto dict = dict_in(text, where);
  if (!dict) return dict.failure();
  Fields fields;
  if (!Parser(*dict).dict(fields) || !fields.descr || !fields.fortran_order || !fields.shape)
    return refuse("has a header that is not a dict of 'descr', 'fortran_order' and 'shape': it is broken");
  const std::string& descr = *fields.descr;
  const auto* code = descr.empty() ? std::end(codes) : std::ranges::find(codes, std::string_view(descr).substr(1));
  if (code == std::end(codes) || std::string_view("<>=|").find(descr[0]) == std::string_view::npos) return refuse(why_not(descr));
  Header header{static_cast<Dtype>(code - std::begin(codes)), *fields.shape, *fields.fortran_order, descr[0] == '>', 0, 0};
  if (!arrays::Block::size_bytes_of(header.dtype, header.shape))
    return refuse(fmt::format("has the shape {}: no array has more than {} dimensions or 2^63 - 1 bytes", arrays::to_string(header.shape),
                              arrays::rank_max));
  header.values_at = static_cast<std::uint64_t>(dict->data() + dict->size() - text.data());
  header.values_bytes = static_cast<std::uint64_t>(*arrays::element_count(header.shape)) * arrays::size_bytes(header.dtype);
  return header;
}

std::string header_of(Dtype dtype, arrays::ShapeView shape) {
  constexpr std::size_t alignment = 64, digits_max = 21;  // NumPy leaves room for an array that grows in place.
  std::string lengths;
  for (std::size_t d = 0; d < shape.size(); ++d) lengths += fmt::format("{}{}", d == 0 ? "" : ", ", shape[d]);
  if (shape.size() == 1) lengths += ",";
  std::string dict = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}", arrays::size_bytes(dtype) == 1 ? '|' : '<',
                                 codes[static_cast<std::uint8_t>(dtype)], lengths);
  if (!shape.empty()) dict.append(digits_max - fmt::formatted_size("{}", shape[0]), ' ');
  dict.append(alignment - (magic.size() + 4 + dict.size() + 1) % alignment, ' ');
  dict += '\n';
  return fmt::format("{}{}{}{}{}{}", magic, '\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8), dict);
}
}  // namespace tessera::io::npy
