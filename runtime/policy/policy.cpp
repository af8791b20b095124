#include "runtime/policy/policy.hpp"

#include "runtime/policy/makers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <stdexcept>
#include <utility>

namespace tessera::runtime::policy {
namespace {
template <schedule::Scheduler scheduler>
std::unique_ptr<Policy> make_planned(std::uint64_t) { return planned(scheduler); }
template <List list>
std::unique_ptr<Policy> make_by_list(std::uint64_t seed) { return by_list(list, seed); }
template <Place place, Homes homes>
std::unique_ptr<Policy> make_placing(std::uint64_t seed) { return placing(place, homes, seed); }

/// Of a policy whose constructor threw.
class Unmade final : public Policy {
 public:
  explicit Unmade(std::string why) : why_(std::move(why)) {}
  void decide(const View&, std::vector<Assignment>&) override { throw std::runtime_error(why_); }

 private:
  std::string why_;
};

using Table = std::map<std::string, Make, std::less<>>;
Table& table() {
  static Table all{
      {"blevel", make_by_list<List::bottom>},
      {"cpop", make_planned<schedule::cpop>},
      {"dask", [](std::uint64_t) { return like_dask(); }},
      {"dls", make_planned<schedule::dls>},
      {"etf", make_planned<schedule::etf>},
      {"heft", make_planned<schedule::heft>},
      {"locality", make_placing<locality, Homes::yes>},
      {"mcp", make_planned<schedule::mcp>},
      {"peft", make_planned<schedule::peft>},
      {"random", at_random},
      {"random_ready", make_by_list<List::any>},
      {"round_robin", make_placing<round_robin, Homes::no>},
      {"single", [](std::uint64_t) { return on_one_node(); }},
      {"tlevel", make_by_list<List::top>},
      {"work_stealing", work_stealing},
  };
  return all;
}
}  // namespace

std::unique_ptr<Policy> make(std::string_view name, std::uint64_t seed) {
  const auto at = table().find(name);
  if (at == table().end()) return nullptr;
  try {
    return at->second(seed);
  } catch (const std::exception& thrown) {
    return std::make_unique<Unmade>(thrown.what());
  } catch (...) {
    return std::make_unique<Unmade>("something that is no std::exception");
  }
}

std::optional<std::string> ask(Policy& policy, const View& view, std::vector<Assignment>& out) {
  try {
    policy.decide(view, out);
    return {};
  } catch (const std::exception& thrown) {
    out.clear();
    return thrown.what();
  } catch (...) {
    out.clear();
    return "something that is no std::exception";
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, make] : table()) all.push_back(name);
  return all;
}

Result<void> check(std::string_view name) {
  if (table().contains(name)) return {};
  return Failure{ErrorCode::invalid_argument, fmt::format("no policy \"{}\"; there are: {}", name, fmt::join(names(), ", "))};
}

Result<void> add(std::string name, Make make) {
  const bool is_word = !name.empty() && std::ranges::all_of(name, [](unsigned char one) { return std::isalnum(one) || one == '_' || one == '-' || one == '.'; });
  if (!is_word) return Failure{ErrorCode::invalid_argument, fmt::format("\"{}\" is no name of a policy: letters, digits, '_', '-' and '.' were expected, as names stand in lists", name)};
  if (table().try_emplace(name, make).second) return {};
  return Failure{ErrorCode::key_conflict, fmt::format("there is a policy \"{}\" already: choose another name", name)};
}
}  // namespace tessera::runtime::policy
