#include "simulation/picture/pictures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>

namespace tessera::simulation::picture {
namespace {
/// As a string of JSON, with its quotes.
std::string json_string(const std::string& text) { return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

/// Numbers of threads: cores count from 1, downloads from here.
constexpr std::uint32_t first_download = 1'000'000;

class Trace {
 public:
  void add(const Timeline& run, const std::string& prefix) {
    run_ = &run;
    kinds_ = kinds(*run.what);
    slots();
    for (std::uint32_t node = 0; node < run.rows.size(); ++node) describe(node, prefix);
    for (const Bar& bar : run.bars) task(bar);
    for (std::uint32_t which = 0; which < run.outcome.transfers.size(); ++which) transfer(which);
    for (const Bar& bar : run.bars) arrows(bar);
    counters();
    first_process_ += static_cast<std::uint32_t>(run.rows.size());
  }
  std::string text() const {
    const std::string_view events(text_.data(), text_.size());
    return fmt::format("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", events.substr(0, events.find_last_not_of(",\n") + 1));
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }
  static double microseconds(double seconds) { return seconds * 1e6; }
  std::uint32_t process(std::uint32_t node) const { return first_process_ + node + 1; }
  const engine::TransferTimes& of(std::uint32_t transfer) const { return run_->outcome.transfers[transfer]; }

  /// Downloads of a node overlap, and slices of a track must not: each has the lowest track that is free.
  void slots() {
    const auto& transfers = run_->outcome.transfers;
    std::vector<std::uint32_t> order(transfers.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t one) { return transfers[one].start; });
    slot_.assign(transfers.size(), 0);
    free_at_.assign(run_->rows.size(), {});
    for (const std::uint32_t one : order) {
      auto& tracks = free_at_[transfers[one].to];
      const auto track = std::ranges::find_if(tracks, [&](double end) { return end <= transfers[one].start; });
      slot_[one] = static_cast<std::uint32_t>(track - tracks.begin());
      if (track == tracks.end()) tracks.push_back(transfers[one].end);
      else *track = transfers[one].end;
    }
  }
  void describe(std::uint32_t node, const std::string& prefix) {
    const auto thread = [&](std::uint32_t id, const std::string& name) {
      put("{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{0},\"tid\":{1},\"args\":{{\"name\":{2}}}}},\n{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{0},\"tid\":{1},\"args\":{{\"sort_index\":{1}}}}},\n",
          process(node), id, json_string(name));
    };
    put("{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{},\"args\":{{\"name\":{}}}}},\n", process(node), json_string(fmt::format("{}node {}", prefix, node)));
    for (std::uint32_t core = 0; core < run_->rows[node]; ++core) thread(core + 1, fmt::format("core {}", core));
    for (std::uint32_t track = 0; track < free_at_[node].size(); ++track) thread(first_download + track, fmt::format("link in, {}", track + 1));
  }
  void task(const Bar& bar) {
    for (const std::uint32_t core : run_->cores_of(bar))
      put("{{\"ph\":\"X\",\"name\":{},\"cat\":{},\"pid\":{},\"tid\":{},\"ts\":{:.3f},\"dur\":{:.3f},\"args\":{{\"task\":{},\"inputs here s\":{:.9g},\"cores here s\":{:.9g}}}}},\n",
          json_string(run_->what->tasks[bar.task].name), json_string(kinds_.names[kinds_.of_task[bar.task]]), process(bar.node), core + 1, microseconds(bar.start), microseconds(bar.end - bar.start),
          bar.task, bar.inputs_here, bar.cores_here);
  }
  void transfer(std::uint32_t which) {
    const engine::Object& object = run_->what->objects[of(which).object];
    const std::string name = object.producer < run_->what->tasks.size() ? run_->what->tasks[object.producer].name : "file";
    put("{{\"ph\":\"X\",\"name\":{},\"cat\":\"transfer\",\"pid\":{},\"tid\":{},\"ts\":{:.3f},\"dur\":{:.3f},\"args\":{{\"object\":{},\"from node\":{},\"MiB\":{:.9g}}}}},\n", json_string(name),
        process(of(which).to), first_download + slot_[which], microseconds(of(which).start), microseconds(of(which).end - of(which).start), of(which).object, of(which).from, object.size);
  }
  void arrow(char phase, std::uint64_t id, std::uint32_t node, std::uint32_t thread, double time) {
    put("{{\"ph\":\"{}\",{}\"name\":\"input\",\"cat\":\"input\",\"id\":{},\"pid\":{},\"tid\":{},\"ts\":{:.3f}}},\n", phase, phase == 'f' ? "\"bp\":\"e\"," : "", id, process(node), thread, microseconds(time));
  }
  /// From the slice of who made it, by its transfer, if there was one, to the one that needs it.
  void arrows(const Bar& bar) {
    const auto& inputs = run_->what->tasks[bar.task].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::uint32_t made = run_->made_by[inputs[i]], transfer = run_->came_by[bar.first_input + i];
      if (made == none || run_->cores_of(bar).empty() || run_->cores_of(run_->bars[made]).empty()) continue;
      const Bar& maker = run_->bars[made];
      const std::uint64_t id = next_arrow_++;
      // A slice does not reach its own end.
      arrow('s', id, maker.node, run_->cores_of(maker).front() + 1, std::max(maker.start, maker.end - std::min(1e-6, (maker.end - maker.start) / 2)));
      if (transfer != none) arrow('t', id, bar.node, first_download + slot_[transfer], of(transfer).start);
      arrow('f', id, bar.node, run_->cores_of(bar).front() + 1, bar.start);
    }
  }
  void counter(std::uint32_t node, const char* name, const Series& series) {
    if (series.size() < 2) return;
    for (const auto& [time, value] : series)
      put("{{\"ph\":\"C\",\"name\":\"{}\",\"pid\":{},\"ts\":{:.3f},\"args\":{{\"value\":{:.6g}}}}},\n", name, process(node), microseconds(time), std::max(0.0, value));
  }
  void counters() {
    const auto loads = picture::loads(*run_);
    const auto held = memory(*run_);
    for (std::uint32_t node = 0; node < loads.size(); ++node) {
      counter(node, "link in, MiB/s", loads[node].down);
      counter(node, "link out, MiB/s", loads[node].up);
      counter(node, "memory, MiB", held[node]);
    }
  }

  const Timeline* run_ = nullptr;
  Kinds kinds_;
  std::vector<std::uint32_t> slot_;      ///< Of each transfer, among those of its node.
  std::vector<std::vector<double>> free_at_;
  std::uint32_t first_process_ = 0;
  std::uint64_t next_arrow_ = 1;
  fmt::memory_buffer text_;
};
}  // namespace

std::string trace(std::span<const Timeline> runs) {
  Trace trace;
  for (const Timeline& run : runs) trace.add(run, runs.size() > 1 ? run.label + ": " : "");
  return trace.text();
}
}  // namespace tessera::simulation::picture
