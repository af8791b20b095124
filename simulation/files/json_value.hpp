/// @file
/// JSON that says where it is wrong. Only for what reads files here: `files/*.cpp`.
#pragma once
#include "simulation/files/wrong.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::simulation::files {
using nlohmann::json;

/// A value and where it is in the file.
class Value {
 public:
  Value(const json& value, std::string path) : json_(&value), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& expected) const {
    std::string found = json_->dump();
    if (found.size() > 40) found = found.substr(0, 37) + "...";
    throw Wrong{fmt::format("{}: {} was expected, and there is {}", path_.empty() ? "the file" : path_, expected, found)};
  }
  void only(std::initializer_list<std::string_view> known) const {
    if (!json_->is_object()) fail("an object");
    for (const auto& [key, value] : json_->items())
      if (std::ranges::find(known, key) == known.end())
        throw Wrong{fmt::format("{}: the field \"{}\" is not known; known are {}", path_.empty() ? "the file" : path_, key, fmt::join(known, ", "))};
  }
  bool has(const char* key) const { return json_->is_object() && json_->contains(key) && !(*json_)[key].is_null(); }
  Value operator[](const char* key) const {
    if (!json_->is_object()) fail("an object");
    const auto at = json_->find(key);
    if (at == json_->end()) throw Wrong{fmt::format("{}: the field \"{}\" is missing", path_.empty() ? "the file" : path_, key)};
    return {*at, path_.empty() ? key : path_ + "." + key};
  }
  bool is_list() const { return json_->is_array(); }
  std::vector<Value> list() const {
    if (!json_->is_array()) fail("a list");
    std::vector<Value> all;
    for (std::size_t i = 0; i < json_->size(); ++i) all.emplace_back((*json_)[i], fmt::format("{}[{}]", path_, i));
    return all;
  }
  /// Of an object, whatever their names.
  std::vector<std::pair<std::string, Value>> fields() const {
    if (!json_->is_object()) fail("an object");
    std::vector<std::pair<std::string, Value>> all;
    for (const auto& [key, value] : json_->items()) all.emplace_back(key, Value(value, path_.empty() ? key : path_ + "." + key));
    return all;
  }
  /// A list of so many.
  std::vector<Value> list(std::size_t count) const {
    auto all = list();
    if (all.size() != count) fail(fmt::format("a list of {}", count));
    return all;
  }
  double number() const {
    if (!json_->is_number() || !std::isfinite(json_->get<double>())) fail("a number");
    return json_->get<double>();
  }
  double not_negative() const {
    if (number() < 0) fail("a number of at least 0");
    return number();
  }
  double positive() const {
    if (number() <= 0) fail("a number above 0");
    return number();
  }
  std::uint32_t index(std::size_t end, const char* of) const {
    if (!json_->is_number_unsigned() || json_->get<std::uint64_t>() >= end) fail(fmt::format("the number of {} (below {})", of, end));
    return json_->get<std::uint32_t>();
  }
  std::uint32_t count(std::uint32_t least) const {
    if (!json_->is_number_unsigned() || json_->get<std::uint64_t>() < least || json_->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
      fail(fmt::format("a whole number of at least {}", least));
    return json_->get<std::uint32_t>();
  }
  std::string text() const {
    if (!json_->is_string()) fail("a text");
    return json_->get<std::string>();
  }
  Named named() const { return {text(), path_}; }
  bool flag() const {
    if (!json_->is_boolean()) fail("true or false");
    return json_->get<bool>();
  }

 private:
  const json* json_;
  std::string path_;
};

/// What `read` makes of the text's root; `bad_input` where it throws `Wrong`, and where the text is no JSON.
template <class Read>
auto reading_json(const Read& read, std::string_view text) {
  return reading([&] {
    json root;
    try {
      root = json::parse(text);
    } catch (const json::exception& error) {
      throw Wrong{fmt::format("it is not JSON: {}", error.what())};
    }
    return read(Value(root, ""));
  });
}
}  // namespace tessera::simulation::files
