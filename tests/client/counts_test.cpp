// What one task costs in things that can be counted: actors, messages, wake-ups, allocations. No clock: the bounds hold however
// fast or slow the machine is, and one more of anything a task breaks them.
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  size = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* memory = alignment <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {
using namespace tessera;
std::int64_t one(std::int64_t x) { return x; }
std::int64_t sum(const std::vector<std::int64_t>& all) {
  std::int64_t result = 0;
  for (const std::int64_t x : all) result += x;
  return result;
}

/// What happened between the submission of `tasks` tasks and the end of the last, divided by their number.
struct PerTask {
  double task_actors, chunk_actors, executed, report_messages, coordinator_messages, coordinator_wakeups, lane_wakeups, allocated;
  double beyond_reports;            ///< Messages to the coordinator that are no reports; not divided.
  double allocated_beyond_messages;  ///< Less the 4 of a report message and the 24 of a batch's way: how many there are is up to the machine.
};

struct Fixture {
  Cluster cluster = Cluster::local({.lanes = 2});

  PerTask count(Graph graph, const std::vector<Deferred<std::int64_t>>& wanted) {
    const double tasks = static_cast<double>(graph.size());
    const auto before = cluster.counters();
    const std::uint64_t allocated_before = allocations;
    const auto futures = cluster.compute(std::move(graph), wanted);
    cluster.wait(futures);
    const std::uint64_t allocated = allocations - allocated_before;
    const auto after = cluster.counters();
    using Counters = actors::SessionCounters;
    const auto rate = [&](std::uint64_t Counters::*which) { return static_cast<double>(after.*which - before.*which) / tasks; };
    PerTask counts{rate(&Counters::task_actors), rate(&Counters::chunk_actors), rate(&Counters::executed), rate(&Counters::report_messages),
                   rate(&Counters::coordinator_messages), rate(&Counters::coordinator_wakeups), rate(&Counters::wakeups),
                   static_cast<double>(allocated) / tasks, 0, 0};
    counts.beyond_reports = (counts.coordinator_messages - counts.report_messages) * tasks;
    counts.allocated_beyond_messages = counts.allocated - 4 * counts.report_messages - 24 * counts.coordinator_wakeups;
    BOOST_TEST_MESSAGE("per task: " << counts.task_actors << " task actors, " << counts.chunk_actors << " chunk actors, "
                       << counts.report_messages << " report messages, " << counts.coordinator_messages << " messages and "
                       << counts.coordinator_wakeups << " wake-ups of the coordinator, " << counts.lane_wakeups << " of lanes, "
                       << counts.allocated << " allocations");
    return counts;
  }
  PerTask independent(std::int64_t tasks, std::int64_t salt) {
    Graph graph;
    std::vector<Deferred<std::int64_t>> all;
    for (std::int64_t i = 0; i < tasks; ++i) all.push_back(graph.add(one, salt + i));
    return count(std::move(graph), all);
  }
  PerTask chain(std::int64_t tasks, std::int64_t salt) {
    Graph graph;
    auto last = graph.add(one, salt);
    for (std::int64_t i = 1; i < tasks; ++i) last = graph.add(one, last);
    return count(std::move(graph), {last});
  }
  PerTask tree(std::int64_t leaves, std::int64_t salt) {
    Graph graph;
    std::vector<Deferred<std::int64_t>> row;
    for (std::int64_t i = 0; i < leaves; ++i) row.push_back(graph.add(one, salt + i));
    while (row.size() > 1) {
      std::vector<Deferred<std::int64_t>> next;
      for (std::size_t i = 0; i < row.size(); i += 2) next.push_back(graph.add(sum, std::vector{row[i], row[i + 1]}));
      row = std::move(next);
    }
    return count(std::move(graph), row);
  }
};
}  // namespace
TESSERA_OPERATION(one);
TESSERA_OPERATION(sum);

BOOST_FIXTURE_TEST_SUITE(client_tasks_counts, Fixture)

BOOST_AUTO_TEST_CASE(independent_tasks_that_are_all_wanted) {
  independent(20'000, 1'000'000);  // Tables grow once.
  const PerTask counts = independent(20'000, 2'000'000);
  BOOST_TEST(counts.task_actors == 1);
  BOOST_TEST(counts.chunk_actors == 1);
  BOOST_TEST(counts.executed == 1);
  BOOST_TEST(counts.report_messages <= 1);  // Each is awaited: at most a report of its own.
  BOOST_TEST(counts.beyond_reports <= 4);   // The submission, the releases of the run before, and nothing for a task.
  BOOST_TEST(counts.coordinator_wakeups <= 1);
  BOOST_TEST(counts.lane_wakeups <= 1);
  BOOST_TEST(counts.allocated_beyond_messages < 3);
}

BOOST_AUTO_TEST_CASE(a_chain) {
  chain(20'000, 3'000'000);
  const PerTask counts = chain(20'000, 4'000'000);
  BOOST_TEST(counts.task_actors == 1);
  BOOST_TEST(counts.chunk_actors == 1);
  BOOST_TEST(counts.executed == 1);
  BOOST_TEST(counts.report_messages < 0.1);  // They gather while a lane computes.
  BOOST_TEST(counts.coordinator_messages < 0.1);
  BOOST_TEST(counts.coordinator_wakeups < 0.1);
  BOOST_TEST(counts.lane_wakeups < 0.1);
  BOOST_TEST(counts.allocated_beyond_messages < 6);
}

BOOST_AUTO_TEST_CASE(a_tree) {
  tree(1 << 13, 5'000'000);
  const PerTask counts = tree(1 << 13, 6'000'000);
  BOOST_TEST(counts.task_actors == 1);
  BOOST_TEST(counts.chunk_actors == 1);
  BOOST_TEST(counts.executed == 1);
  BOOST_TEST(counts.report_messages < 0.5);  // Where lanes run dry between rows.
  BOOST_TEST(counts.coordinator_messages < 0.5);
  BOOST_TEST(counts.coordinator_wakeups < 0.5);
  BOOST_TEST(counts.lane_wakeups < 0.5);
  BOOST_TEST(counts.allocated_beyond_messages < 7);
}

BOOST_AUTO_TEST_SUITE_END()
