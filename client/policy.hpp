/// @file
/// `TESSERA_POLICY(Class, "name")` adds a scheduler policy, for a live cluster (`--policy name`) and for the simulator (`tessera simulate --scheduler name`) alike.
/// docs/simulation.md has an example.
#pragma once
#include "client/error.hpp"
#include "runtime/base/version.hpp"
#include "runtime/policy/policy.hpp"

#include <string>
#include <type_traits>
#include <utility>

namespace tessera {
namespace policy = runtime::policy;

namespace detail {
template <class Class>
std::unique_ptr<policy::Policy> make_policy([[maybe_unused]] std::uint64_t seed) {
  if constexpr (std::is_constructible_v<Class, std::uint64_t>) return std::make_unique<Class>(seed);
  else return std::make_unique<Class>();
}
template <class Class>
bool register_policy(std::string name) {
  (void)plugin_stamp;
  if (auto added = policy::add(std::move(name), &make_policy<Class>); !added) throw Error(added.failure().code, added.failure().message);
  return true;
}
}  // namespace detail
}  // namespace tessera

/// Registers a class with the interface `tessera::policy::Policy`, at namespace scope, once in a program or plug-in. It is made anew for each job, from the seed if it has such a
/// constructor. A name that exists ends the program, or the loading of the plug-in, with `key_conflict`.
#define TESSERA_POLICY(Class, name) [[maybe_unused]] static const bool tessera_policy_##Class = ::tessera::detail::register_policy<Class>(name)
