#include "io/zarr/metadata.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace tessera::io::zarr {
using arrays::Dtype;
using nlohmann::json;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr const char* dimensions_key = "_ARRAY_DIMENSIONS";

/// NumPy's short name of each dtype, little-endian.
constexpr const char* typestrings[arrays::real_dtype_count] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1",
                                                          "<u2", "<u4", "<u8", "<f4", "<f8"};

/// JSON has no numbers for these three; Zarr has words.
json number_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

json fill_json(const Array& array) {
  if (!array.fill) return nullptr;
  // As the value is stored, so that it is one that the type has.
  std::vector<std::byte> one(arrays::size_bytes(array.dtype));
  put_fill(array, one);
  return arrays::with_real_type(array.dtype, [&]<class T>() -> json {
    const T value = *reinterpret_cast<const T*>(one.data());
    if constexpr (std::is_floating_point_v<T>) return number_json(value);
    else return value;
  });
}

json attribute_json(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* number = std::get_if<double>(&value)) return number_json(*number);
  json all = json::array();
  for (const double one : std::get<std::vector<double>>(value)) all.push_back(number_json(one));
  return all;
}

/// Text that is not UTF-8 is written with marks where it is not.
std::string dump(const json& value) { return value.dump(4, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace); }

/// Python writes NaN and Infinity as bare words, which is no JSON: here they become the words that Zarr has for a fill.
std::string quote_bare_words(const std::string& text) {
  std::string quoted;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (inside && text[i] == '\\' && i + 1 < text.size()) quoted += text[i++];
    else if (text[i] == '"') inside = !inside;
    std::string_view word;
    if (!inside)
      for (const std::string_view one : {"NaN", "-Infinity", "Infinity"})
        if (word.empty() && text.compare(i, one.size(), one) == 0) word = one;
    if (word.empty()) quoted += text[i];
    else quoted += fmt::format("\"{}\"", word), i += word.size() - 1;
  }
  return quoted;
}

runtime::Result<json> parse(const std::string& text, const char* what) {
  json value = json::parse(quote_bare_words(text), nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return Failure{ErrorCode::bad_input, fmt::format("{} is not a JSON object", what)};
  return value;
}

std::optional<double> number_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

/// Empty for what no attribute here can hold.
std::optional<AttributeValue> attribute_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return static_cast<std::int64_t>(value.get<bool>());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return value.get<double>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (!value.is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const json& one : value) {
    const auto number = number_of(one);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<arrays::Shape> lengths_of(const json& value) {
  if (!value.is_array()) return std::nullopt;
  arrays::Shape lengths;
  for (const json& one : value) {
    if (!one.is_number_integer() || one.get<double>() < 0 || one.get<double>() > 9e18) return std::nullopt;
    lengths.push_back(one.get<std::int64_t>());
  }
  return lengths;
}

Failure left_out(const std::string& name, const std::string& why) {
  return {ErrorCode::bad_input, fmt::format("array {} is left out: {}", name, why)};
}

/// What `.zarray` says beside shape and type, where it is something that cannot be read.
std::optional<std::string> unreadable(const json& meta) {
  if (meta.value("zarr_format", json()) != 2) return "its format is " + meta.value("zarr_format", json()).dump() + ", not 2";
  if (meta.value("order", json()) != "C") return "its values are not in C order";
  if (const json filters = meta.value("filters", json()); !filters.is_null() && !(filters.is_array() && filters.empty()))
    return "it has filters, which are not read";
  const json compressor = meta.value("compressor", json());
  if (!compressor.is_null() && (!compressor.is_object() || compressor.value("id", json()) != "blosc"))
    return "its compressor is " + compressor.dump() + "; none and blosc are read";
  const json separator = meta.value("dimension_separator", json("."));
  if (separator != "." && separator != "/") return "its chunks are named with " + separator.dump() + "; \".\" and \"/\" are read";
  return std::nullopt;
}

std::vector<std::string> dimension_names(const json& attributes, std::size_t rank) {
  std::vector<std::string> names;
  if (const auto at = attributes.find(dimensions_key); at != attributes.end() && at->is_array())
    for (const json& one : *at) names.push_back(one.is_string() ? one.get<std::string>() : one.dump());
  if (names.size() != rank) names.clear();  // Not written by xarray.
  while (names.size() < rank) names.push_back(fmt::format("dim_{}", names.size()));
  return names;
}
}  // namespace

std::string group_json() { return dump({{"zarr_format", 2}}); }

std::string array_json(const Array& array) {
  json compressor;
  if (array.compressed) compressor = {{"id", "blosc"}, {"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}};
  return dump({{"zarr_format", 2},
               {"shape", array.shape},
               {"chunks", array.chunks},
               {"dtype", typestrings[static_cast<std::size_t>(array.dtype)]},
               {"compressor", compressor},
               {"fill_value", fill_json(array)},
               {"filters", nullptr},
               {"order", "C"}});
}

std::string attributes_json(const Attributes& attributes, const std::vector<std::string>* dimensions) {
  json all = json::object();
  for (const auto& [name, value] : attributes) all[name] = attribute_json(value);
  if (dimensions != nullptr) all[dimensions_key] = *dimensions;
  return dump(all);
}

runtime::Result<std::string> consolidate(const std::map<std::string, std::string>& texts) {
  json metadata = json::object();
  for (const auto& [name, text] : texts) {
    auto one = parse(text, name.c_str());
    if (!one) return one.failure();
    metadata[name] = std::move(*one);
  }
  return dump({{"zarr_consolidated_format", 1}, {"metadata", metadata}});
}

runtime::Result<std::map<std::string, std::string>> consolidated(const std::string& text) {
  const auto all = parse(text, ".zmetadata");
  if (!all) return all.failure();
  if (all->value("zarr_consolidated_format", json()) != 1 || !all->value("metadata", json()).is_object())
    return Failure{ErrorCode::bad_input, ".zmetadata is not of the consolidated format 1"};
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : all->at("metadata").items()) texts.emplace(name, dump(value));
  return texts;
}

runtime::Result<Array> parse_array(const std::string& name, const std::string& zarray, const std::string& zattrs) {
  const auto meta = parse(zarray, ".zarray"), attributes = parse(zattrs, ".zattrs");
  if (!meta) return left_out(name, meta.failure().message);
  if (!attributes) return left_out(name, attributes.failure().message);
  if (const auto why = unreadable(*meta)) return left_out(name, *why);
  Array array;
  array.name = name;
  const json dtype = meta->value("dtype", json());
  const auto at = std::ranges::find_if(typestrings, [&](const char* one) { return dtype == one; });
  if (at == std::end(typestrings)) return left_out(name, "its dtype is " + dtype.dump() + "; little-endian numbers are read");
  array.dtype = static_cast<Dtype>(at - std::begin(typestrings));
  const auto shape = lengths_of(meta->value("shape", json())), chunks = lengths_of(meta->value("chunks", json()));
  if (!shape || !chunks) return left_out(name, "its shape or its chunks are no lengths");
  array.shape = *shape, array.chunks = *chunks;
  const json fill = meta->value("fill_value", json());
  if (!fill.is_null() && !(array.fill = number_of(fill))) return left_out(name, "its fill value " + fill.dump() + " is no number");
  array.compressed = !meta->value("compressor", json()).is_null();
  array.separator = meta->value("dimension_separator", json(".")) == "/" ? '/' : '.';
  array.dimensions = dimension_names(*attributes, shape->size());
  for (const auto& [key, value] : attributes->items())
    if (auto one = attribute_of(value); one && key != dimensions_key) array.attributes.emplace(key, std::move(*one));
  if (const auto sound = check(array); !sound) return left_out(name, sound.failure().message);
  return array;
}

runtime::Result<Attributes> parse_attributes(const std::string& zattrs) {
  const auto all = parse(zattrs, ".zattrs");
  if (!all) return all.failure();
  Attributes attributes;
  for (const auto& [key, value] : all->items())
    if (auto one = attribute_of(value)) attributes.emplace(key, std::move(*one));
  return attributes;
}
}  // namespace tessera::io::zarr
