#include "tools/cli/coordinator.hpp"

#include "client/plugin.hpp"
#include "runtime/policy/policy.hpp"
#include "tools/cli/commands.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace tessera::cli {
using std::chrono::milliseconds;

void CoordinatorOptions::add(CLI::App& command) {
  command.add_option("--listen", listen, "Where members connect; port * is any free one. Beyond this machine needs --keys")->capture_default_str();
  command.add_option("--name", name, "Of the cluster, for messages")->capture_default_str();
  command.add_option("--policy", policy, fmt::format("Which node a task runs on, and in what order (docs/simulation.md): {}, or a plug-in's", fmt::join(runtime::policy::names(), ", ")))->capture_default_str();
  command.add_option("--seed", seed, "Of what the policy draws")->capture_default_str();
  command.add_option("--no-node-timeout", no_node_timeout, "Seconds until a task that no node can run fails")
      ->check(CLI::Range(0.0, 1e9))->capture_default_str();
  command.add_option("--record", record, "File of what the coordinator takes and decides, for `tessera simulate replay`; overwritten")->type_name("FILE");
  trust.add(command);
  add_output(command, output);
}

std::unique_ptr<actors::ClusterHost> CoordinatorOptions::start() const {
  for (const std::string& plugin : plugins) load_plugin(plugin);
  actors::HostOptions host;
  host.link.listen = listen;
  host.link.name = name;
  trust.use(host.link);
  host.name = name;
  host.policy = policy;
  host.seed = seed;
  host.record = record;
  host.no_node_timeout = {static_cast<std::int64_t>(no_node_timeout * 1e9)};
  auto started = actors::ClusterHost::start(std::move(host));
  if (!started) throw error_of(started.failure());
  return std::move(*started);
}

void CoordinatorOptions::announce(const actors::ClusterHost& host) const {
  const char* guard = !trust.keys.empty() ? "keys, self-test passed" : trust.insecure ? "no keys" : "this machine only";
  if (output == "json")
    fmt::print("{}\n", nlohmann::ordered_json{{"schema", "tessera.ready/1"}, {"address", host.endpoint()}, {"cluster", name}, {"policy", policy}}.dump());
  else
    fmt::print("cluster {} at {} ({}, policy {})\n", name, host.endpoint(), guard, policy);
  std::fflush(stdout);
}

int serve(actors::ClusterHost& host, Signals& signals, const std::function<void()>& look) {
  bool draining = false;
  for (;;) {
    const Event event = signals.wait(draining ? milliseconds(100) : milliseconds(1000));
    if (event == Event::interrupt) {
      if (draining) {
        fmt::print(stderr, "stopped: jobs that were open are lost\n");
        host.stop();
        return interrupted;
      }
      draining = true;
      host.drain();
      const auto jobs = host.status().jobs;
      if (jobs > 0)
        fmt::print(stderr, "draining: {} job{} still open, no new members; Ctrl-C again stops at once\n", jobs, jobs == 1 ? " is" : "s are");
    }
    look();
    if (draining && host.status().jobs == 0) {
      host.stop();
      return done;
    }
  }
}

void add_coordinator(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("coordinator", "Runs a cluster's coordinator");
  auto options = std::make_shared<CoordinatorOptions>();
  options->add(*command);
  command->add_option("--plugin", options->plugins, "Shared library with policies; may be repeated")->type_name("FILE");
  command->callback([options, &run] {
    run = [options] {
      Signals signals;
      const auto host = options->start();
      options->announce(*host);
      return serve(*host, signals);
    };
  });
}
}  // namespace tessera::cli
