/// @file
/// How formats describe what they hold: a variable over named dimensions with coordinates and attributes.
#pragma once
#include "arrays/block.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tessera::io {
using AttributeValue = std::variant<std::string, std::int64_t, double, std::vector<double>>;
using Attributes = std::map<std::string, AttributeValue>;

/// The text of an attribute, or `otherwise`.
inline std::string text_of(const Attributes& attributes, const std::string& name, const std::string& otherwise = {}) {
  const auto at = attributes.find(name);
  const auto* text = at == attributes.end() ? nullptr : std::get_if<std::string>(&at->second);
  return text == nullptr ? otherwise : *text;
}

/// A dimension and the values along it: one-dimensional, as many as it is long.
struct Coordinate {
  std::string name;
  arrays::Block values;
  Attributes attributes;
  std::int64_t length() const { return values.size(); }
  /// The values as float64.
  std::vector<double> numbers() const {
    return arrays::with_real_type(values.dtype(), [&]<class T>() {
      const auto data = values.data<T>();
      return std::vector<double>(data.begin(), data.end());
    });
  }
};

struct Variable {
  std::string name;
  arrays::Dtype dtype = arrays::Dtype::float32;  ///< Of the decoded values.
  std::vector<Coordinate> dimensions;            ///< C order.
  Attributes attributes;

  arrays::Shape shape() const {
    arrays::Shape lengths;
    for (const Coordinate& one : dimensions) lengths.push_back(one.length());
    return lengths;
  }
  std::optional<std::size_t> axis(std::string_view of) const {
    const auto at = std::ranges::find(dimensions, of, &Coordinate::name);
    if (at == dimensions.end()) return std::nullopt;
    return static_cast<std::size_t>(at - dimensions.begin());
  }
};
}  // namespace tessera::io
