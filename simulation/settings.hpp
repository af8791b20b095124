/// @file
/// Settings as a command line has them: "width=64,steps=200".
#pragma once
#include "runtime/base/result.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tessera::simulation {
using Settings = std::map<std::string, double, std::less<>>;
/// What was expected for the setting of that name; empty where the value is fine. What is no number is NaN.
using Expected = std::function<std::string_view(std::string_view name, double value)>;

/// Those that are given take the place of the known ones. `invalid_argument`: one that is not known, with those that are, or whose value is none; `whose` is what has them.
runtime::Result<Settings> settings_of(std::string_view whose, std::string_view text, Settings known, const Expected& expected);
}  // namespace tessera::simulation
