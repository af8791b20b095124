// Writes netCDF files of the classic format, CDF-1, byte by byte: what the tests need and no library is asked for.
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::io::test {
enum class Type : std::uint32_t { byte = 1, text = 2, int16 = 3, int32 = 4, float32 = 5, float64 = 6 };

struct Attribute {
  std::string name;
  std::variant<std::string, double> value;  ///< Numbers are written as float64.
};
struct ClassicVariable {
  std::string name;
  Type type = Type::float64;
  std::vector<std::string> dimensions;
  std::vector<double> values;
  std::vector<Attribute> attributes = {};
};
struct Classic {
  std::vector<std::pair<std::string, std::uint32_t>> dimensions;  ///< A length of 0 is that of the records.
  std::vector<ClassicVariable> variables;
  std::uint32_t records = 0;
  std::vector<Attribute> attributes = {};
};

inline std::string big(std::uint64_t value, int bytes = 4) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}
inline std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4, '\0');
  return text;
}
inline std::string name_of(const std::string& name) { return big(name.size()) + padded(name); }
inline std::string one_value(Type type, double value) {
  switch (type) {
    case Type::byte: case Type::text: return big(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), 1);
    case Type::int16: return big(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), 2);
    case Type::int32: return big(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), 4);
    case Type::float32: return big(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
    default: return big(std::bit_cast<std::uint64_t>(value), 8);
  }
}
inline std::string list(std::uint32_t tag, std::size_t count) { return count == 0 ? big(0) + big(0) : big(tag) + big(count); }
inline std::string attributes_of(const std::vector<Attribute>& attributes) {
  std::string text = list(12, attributes.size());
  for (const Attribute& one : attributes) {
    text += name_of(one.name);
    if (const auto* words = std::get_if<std::string>(&one.value)) text += big(2) + big(words->size()) + padded(*words);
    else text += big(6) + big(1) + one_value(Type::float64, std::get<double>(one.value));
  }
  return text;
}

/// The bytes of the file.
inline std::string bytes_of(const Classic& file) {
  const auto length = [&](const std::string& name) {
    for (const auto& [own, value] : file.dimensions)
      if (own == name) return value;
    return std::uint32_t{0};
  };
  const auto is_record = [&](const ClassicVariable& one) { return !one.dimensions.empty() && length(one.dimensions[0]) == 0; };
  int of_records = 0;
  for (const auto& one : file.variables) of_records += is_record(one) ? 1 : 0;
  // One record, or all of a variable that has none; padded unless it is the only one of records.
  const auto piece = [&](const ClassicVariable& one, std::size_t record) {
    const std::size_t each = is_record(one) ? one.values.size() / std::max(file.records, 1U) : one.values.size();
    std::string text;
    for (std::size_t i = 0; i < each; ++i) text += one_value(one.type, one.values.at(record * each + i));
    return is_record(one) && of_records == 1 ? text : padded(text);
  };
  const auto header = [&](const std::vector<std::size_t>& begins) {
    std::string text = "CDF\1" + big(file.records) + list(10, file.dimensions.size());
    for (const auto& [name, value] : file.dimensions) text += name_of(name) + big(value);
    text += attributes_of(file.attributes) + list(11, file.variables.size());
    for (std::size_t v = 0; v < file.variables.size(); ++v) {
      const ClassicVariable& one = file.variables[v];
      text += name_of(one.name) + big(one.dimensions.size());
      for (const std::string& dimension : one.dimensions)
        for (std::size_t d = 0; d < file.dimensions.size(); ++d)
          if (file.dimensions[d].first == dimension) text += big(d);
      text += attributes_of(one.attributes) + big(static_cast<std::uint32_t>(one.type)) + big(padded(piece(one, 0)).size());
      text += big(begins[v]);
    }
    return text;
  };
  std::vector<std::size_t> begins(file.variables.size(), 0);
  std::size_t at = header(begins).size();
  for (const bool records : {false, true})
    for (std::size_t v = 0; v < file.variables.size(); ++v)
      if (is_record(file.variables[v]) == records) begins[v] = at, at += piece(file.variables[v], 0).size();
  std::string text = header(begins);
  for (const auto& one : file.variables)
    if (!is_record(one)) text += piece(one, 0);
  for (std::size_t record = 0; record < file.records; ++record)
    for (const auto& one : file.variables)
      if (is_record(one)) text += piece(one, record);
  return text;
}
}  // namespace tessera::io::test
