// `tessera simulate calibrate`: what messages, transfers and tasks of a live cluster take, as a cluster file.
#include "client/tessera.hpp"
#include "serialization/message.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace {
/// Every `tessera node` has these.
std::int64_t calibrate_empty(std::int64_t number) { return number; }
std::vector<double> calibrate_block(std::int64_t, std::int64_t elements) { return std::vector<double>(static_cast<std::size_t>(elements), 1.0); }
}  // namespace
TESSERA_OPERATION(calibrate_empty);
TESSERA_OPERATION(calibrate_block);

namespace tessera::cli {
namespace {
namespace protocol = runtime::protocol;

struct Options {
  std::string address = default_address, path, keys, output = "text";
};
constexpr int repeats = 7;

template <class Function>
double seconds_of(Function&& function) {
  const auto begin = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}
double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

/// Of one message of one task, written and read.
double message_overhead() {
  protocol::Assign assign;
  assign.tasks.emplace_back();
  assign.tasks.back().inputs = 2;
  assign.inputs.resize(2);
  const protocol::Message message = assign;
  std::vector<double> all;
  constexpr int count = 10'000;
  for (int i = 0; i < repeats; ++i)
    all.push_back(seconds_of([&] {
                    for (int k = 0; k < count; ++k)
                      if (!serialization::decode(serialization::encode(message))) throw Error(ErrorCode::bad_message, "a message did not come back");
                  }) / count);
  return median(all);
}

class Calibration {
 public:
  explicit Calibration(const Options& options) : cluster_(Cluster::connect(options.address, {.keys = options.keys, .name = "calibrate"})) {
    for (const protocol::Member& member : cluster_.status().members)
      if (member.role == protocol::Role::node && member.lanes > 0) nodes_.push_back({{"name", member.name}, {"cores", member.lanes}}), lanes_ += member.lanes;
    if (nodes_.empty()) throw Error(ErrorCode::invalid_argument, fmt::format("the cluster at {} has no node that computes: there is nothing to measure", options.address));
  }
  /// A task there and its value back is four messages: to the coordinator, to the node, and the same way back.
  double latency() {
    std::vector<double> all;
    for (int i = 0; i < 200; ++i) all.push_back(seconds_of([&] { cluster_.submit(calibrate_empty, next_++).get(); }) / 4);
    return median(all);
  }
  /// MiB/s of a large result on its way to this program.
  double bandwidth() {
    constexpr std::int64_t elements = 4 << 20;
    std::vector<double> all;
    for (int i = 0; i < repeats; ++i) {
      auto block = cluster_.submit(calibrate_block, next_++, elements);
      cluster_.wait(std::vector{block});
      all.push_back(elements * 8 / 1048576.0 / seconds_of([&] { static_cast<void>(block.get()); }));
    }
    return median(all);
  }
  /// Of one lane, when there are many tasks that do nothing.
  double task_overhead() {
    std::vector<double> all;
    for (int i = 0; i < repeats; ++i) {
      std::vector<std::int64_t> numbers(10'000);
      for (std::int64_t& number : numbers) number = next_++;
      all.push_back(seconds_of([&] { cluster_.wait(cluster_.map(calibrate_empty, numbers)); }) / static_cast<double>(numbers.size()) * lanes_);
    }
    return median(all);
  }
  nlohmann::ordered_json nodes() const { return nodes_; }

 private:
  Cluster cluster_;
  nlohmann::ordered_json nodes_ = nlohmann::ordered_json::array();
  double lanes_ = 0;
  std::int64_t next_ = std::chrono::steady_clock::now().time_since_epoch().count();  // No key of an earlier calibration.
};

int calibrate(const Options& options) {
  Calibration its(options);
  nlohmann::ordered_json json{{"format", "tessera-cluster/1"}};
  json["latency_s"] = its.latency();
  json["bandwidth_MiB_s"] = its.bandwidth();
  json["task_overhead_s"] = its.task_overhead();
  json["message_overhead_s"] = message_overhead();
  json["nodes"] = its.nodes();
  if (!options.path.empty()) {
    std::ofstream file(options.path);
    file << json.dump(2) << '\n' << std::flush;
    if (!file) throw Error(ErrorCode::io_failed, fmt::format("--write: {} cannot be written", options.path));
  }
  if (options.output == "json") fmt::print("{}\n", json.dump());
  else
    fmt::print("{} nodes; a message {:.1f} us, and {:.2f} us to write and read it; {:.0f} MiB/s; a task {:.1f} us of its lane\n", json["nodes"].size(), json["latency_s"].get<double>() * 1e6,
               json["message_overhead_s"].get<double>() * 1e6, json["bandwidth_MiB_s"].get<double>(), json["task_overhead_s"].get<double>() * 1e6);
  return done;
}
}  // namespace

void add_simulate_calibrate(CLI::App& simulate, Run& run) {
  auto* command = simulate.add_subcommand("calibrate", "Measures what messages, transfers and tasks of a live cluster take, which does nothing else meanwhile");
  auto options = std::make_shared<Options>();
  command->add_option("--cluster", options->address, "Its coordinator's address")->type_name("ADDRESS")->capture_default_str();
  command->add_option("--keys", options->keys, "A member's key file, made by `tessera cluster init`")->type_name("FILE");
  command->add_option("--write", options->path, "File for the result, format tessera-cluster/1")->type_name("FILE");
  add_output(*command, options->output);
  command->callback([options, &run] { run = [options] { return calibrate(*options); }; });
}
}  // namespace tessera::cli
