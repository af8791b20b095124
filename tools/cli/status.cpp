#include "actors/cluster_status.hpp"
#include "runtime/node/usage.hpp"
#include "runtime/policy/nonsense.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tessera::cli {
namespace protocol = runtime::protocol;

namespace {
const char* word(protocol::Role role) {
  switch (role) {
    case protocol::Role::coordinator: return "coordinator";
    case protocol::Role::node: return "node";
    case protocol::Role::client: return "client";
  }
  return "?";
}

constexpr std::size_t name_length = 32;

/// Over all nodes, largest first.
std::vector<protocol::OperationStatus> operations_of(const protocol::Status& status) {
  std::vector<protocol::OperationStatus> all;
  for (const protocol::Member& member : status.members)
    all.insert(all.end(), member.status.operations.begin(), member.status.operations.end());
  const std::size_t count = all.size();
  return runtime::node::largest_first(std::move(all), count);
}

nlohmann::ordered_json json_of(const std::vector<protocol::OperationStatus>& operations) {
  auto list = nlohmann::ordered_json::array();
  for (const protocol::OperationStatus& one : operations)
    list.push_back({{"name", one.name}, {"done", one.done}, {"running", one.running}, {"memory_resident", one.resident.value},
                    {"memory_reserved", one.reserved.value}, {"spilled", one.spilled.value}, {"largest", one.largest.value}});
  return list;
}

void print_json(const protocol::Status& status) {
  nlohmann::ordered_json json{{"schema", "tessera.status/1"}, {"cluster", status.cluster}, {"version", status.version},
                              {"jobs", status.jobs},
                              {"tasks", {{"waiting", status.tasks_waiting}, {"assigned", status.tasks_assigned},
                                         {"done", status.tasks_done}, {"failed", status.tasks_failed}}},
                              {"policy_nonsense", nlohmann::ordered_json::object()},
                              {"members", nlohmann::ordered_json::array()},
                              {"operations", json_of(operations_of(status))}};
  for (const auto& [kind, times] : status.nonsense) json["policy_nonsense"][kind] = times;
  for (const protocol::Member& member : status.members)
    json["members"].push_back({{"id", member.node.value}, {"role", word(member.role)}, {"name", member.name},
                               {"endpoint", member.endpoint}, {"lanes", member.lanes},
                               {"memory_resident", member.status.resident.value}, {"memory_reserved", member.status.reserved.value},
                               {"memory_unmanaged", member.status.overhead.value}, {"memory_limit", member.status.limit.value},
                               {"spilled", member.status.spilled.value}, {"received", member.status.received.value},
                               {"running", member.status.running}, {"queued", member.status.queued},
                               {"operations", json_of(member.status.operations)}});
  fmt::print("{}\n", json.dump(2));
}

void print_nonsense(const protocol::Status& status) {
  if (status.nonsense.empty()) return;
  std::string all;
  for (const auto& [kind, times] : status.nonsense) {
    const auto* const its = std::ranges::find(runtime::policy::nonsense_names, kind, &std::pair<std::string_view, std::string_view>::first);
    all += fmt::format("{}{} ({} time{})", all.empty() ? "" : ", ", its == runtime::policy::nonsense_names.end() ? kind : its->second, times, times == 1 ? "" : "s");
  }
  fmt::print("policies decided what can mean nothing, which was left out: {}\n", all);
}

void print_text(const protocol::Status& status) {
  fmt::print("cluster {} (tessera {}): {} job{}; tasks: {} waiting, {} assigned, {} done, {} failed\n", status.cluster, status.version,
             status.jobs, status.jobs == 1 ? "" : "s", status.tasks_waiting, status.tasks_assigned, status.tasks_done, status.tasks_failed);
  print_nonsense(status);
  if (status.members.empty()) return fmt::print("no members: start `tessera node ADDRESS`\n");
  Table members({"id", "role", "name", "address", "lanes", "chunks", "reserved", "unmanaged", "limit", "spilled"}, 4);
  for (const protocol::Member& member : status.members) {
    const protocol::NodeStatus& its = member.status;
    const bool has_prefix = member.endpoint.starts_with("tcp://");
    members.add({std::to_string(member.node.value), word(member.role), shortened(member.name, name_length),
                 has_prefix ? member.endpoint.substr(6) : member.endpoint, std::to_string(member.lanes), size_text(its.resident.value),
                 size_text(its.reserved.value), size_text(its.overhead.value), size_text(its.limit.value), size_text(its.spilled.value)});
  }
  fmt::print("{}", members.text());
  const auto operations = operations_of(status);
  if (operations.empty()) return;
  Table table({"operation", "done", "running", "chunks", "reserved", "spilled", "largest"}, 1);
  for (const protocol::OperationStatus& one : operations)
    table.add({shortened(one.name, name_length), std::to_string(one.done), std::to_string(one.running), size_text(one.resident.value),
               size_text(one.reserved.value), size_text(one.spilled.value), size_text(one.largest.value)});
  fmt::print("\n{}", table.text());
}
}  // namespace

void add_status(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("status", "Prints who takes part in a cluster and what it does");
  struct Options {
    std::string address = default_address, output = "text";
    Trust trust;
  };
  auto options = std::make_shared<Options>();
  command->add_option("address", options->address, "Of the coordinator")->capture_default_str();
  options->trust.add(*command);
  add_output(*command, options->output);
  command->callback([options, &run] {
    run = [options] {
      actors::net::LinkOptions link;
      link.name = "tessera status";
      options->trust.use(link);
      auto status = actors::ask_status(options->address, std::move(link));
      if (!status) throw error_of(status.failure());
      options->output == "json" ? print_json(*status) : print_text(*status);
      return done;
    };
  });
}
}  // namespace tessera::cli
