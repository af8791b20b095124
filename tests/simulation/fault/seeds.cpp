#include "tests/simulation/fault/seeds.hpp"

#include "benchmarks/measure.hpp"

#include <CLI/CLI.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

namespace tessera::simulation::fault {
namespace {
/// A defect aborts: then this is all that can be said.
char line_at_abort[256];
extern "C" void say_seed(int) {
  const std::string_view line(line_at_abort);
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
  std::_Exit(3);
}
void note(const Suite& suite, const Chaos& chaos) {
  const std::string line = fmt::format("replay: {} --print\n", replay_line(suite, chaos));
  line_at_abort[line.copy(line_at_abort, sizeof line_at_abort - 1)] = '\0';
}

bool fails_apart(const Suite& suite, const Chaos& chaos) {
  const pid_t child = fork();
  if (child == 0) {
    std::freopen("/dev/null", "w", stderr);
    std::_Exit(suite.run(chaos, false, false).violation.empty() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status != 0;
}

/// Leaves out what is not needed for it to fail.
Chaos shrunk(const Suite& suite, Chaos chaos) {
  const auto try_with = [&](auto change) {
    Chaos less = chaos;
    change(less);
    if (!fails_apart(suite, less)) return false;
    chaos = less;
    return true;
  };
  for (const Fault fault : all_faults())
    if (chaos.has(fault)) try_with([&](Chaos& less) { less.faults &= ~(1u << static_cast<std::uint32_t>(fault)); });
  for (std::uint32_t Chaos::*count : {&Chaos::graphs, &Chaos::events, &Chaos::tasks})
    while (chaos.*count > 1 && (try_with([&](Chaos& less) { less.*count /= 2; }) || try_with([&](Chaos& less) { --(less.*count); }))) {}
  return chaos;
}

int report(const Suite& suite, const Chaos& chaos, const Result& result) {
  fmt::print(stderr, "seed {}: {}\n  {}\n", chaos.seed, result.violation, chaos.describe());
  for (const std::string& line : result.story) fmt::print(stderr, "  {}\n", line);
  fmt::print(stderr, "replay: {}\n", replay_line(suite, chaos));
  return 1;
}

struct Sum {
  std::map<std::string, std::uint64_t> seen;
  std::uint64_t events = 0, runs = 0, values = 0, failed = 0;
  double virtual_seconds = 0;
};
void add(Sum& sum, const Result& result) {
  for (const auto& [what, count] : result.seen) sum.seen[what] += count;
  sum.events += result.events, sum.runs += result.runs, sum.values += result.values;
  sum.virtual_seconds += static_cast<double>(result.took.ns) * 1e-9;
}

/// Virtual seconds a second, of five parts of the seeds.
int measure(const Suite& suite, std::uint64_t from, std::uint64_t count) {
  constexpr std::uint64_t parts = 5;
  Sum sum;
  std::vector<double> speeds;
  double took = 0;
  for (std::uint64_t part = 0; part < parts; ++part) {
    const double begin = tessera::benchmarks::seconds_now(), before = sum.virtual_seconds;
    for (std::uint64_t i = 0; i < count / parts; ++i) {
      const Chaos chaos = suite.draw(from + part * (count / parts) + i);
      const Result result = suite.run(chaos, false, false);
      if (!result.violation.empty()) return report(suite, chaos, result);
      add(sum, result);
    }
    const double lasted = tessera::benchmarks::seconds_now() - begin;
    speeds.push_back((sum.virtual_seconds - before) / lasted);
    took += lasted;
  }
  tessera::benchmarks::report(suite.figure, "virtual s/s", speeds,
                              tessera::benchmarks::Parameters().add("seeds", count).add("seconds", took).add("events", sum.events).add("runs", sum.runs));
  return 0;
}
}  // namespace

std::string replay_line(const Suite& suite, const Chaos& chaos) {
  std::string without;
  const Chaos drawn = suite.draw(chaos.seed);
  for (const Fault fault : all_faults())
    if (drawn.has(fault) && !chaos.has(fault)) without += fmt::format(" --without {}", to_string(fault));
  if (chaos.tasks != drawn.tasks) without += fmt::format(" --tasks {}", chaos.tasks);
  if (chaos.graphs != drawn.graphs) without += fmt::format(" --graphs {}", chaos.graphs);
  if (chaos.events != drawn.events) without += fmt::format(" --events {}", chaos.events);
  return fmt::format("{} --seed {}{}", suite.program, chaos.seed, without);
}

int run_seeds(const Suite& suite, int argc, char** argv) {
  CLI::App app{suite.what, suite.program};
  std::uint64_t seed = 0, from = 1, count = suite.seeds, tasks = 0, graphs = 0, events = 0;
  bool prints = false, shrinks = false, benchmark = false, lists = false, is_first = false;
  std::vector<std::string> without;
  app.add_option("--seed", seed, "Only this one, with its story");
  app.add_option("--from", from, "The first seed");
  app.add_option("--count", count, "How many");
  app.add_option("--without", without, "Leave a kind of fault out");
  app.add_option("--tasks", tasks, "Tasks of a graph at most");
  app.add_option("--graphs", graphs, "Graphs of a program at most");
  app.add_option("--events", events, "Faults at most");
  app.add_flag("--print", prints, "Print what happens while it happens");
  app.add_flag("--shrink", shrinks, "Look for the smallest run that fails still");
  app.add_flag("--first", is_first, "End with the first that fails");
  app.add_flag("--list", lists, "Say at the end how often each way of recovery was taken");
  app.add_flag("--benchmark", benchmark, "Print how many virtual seconds go in one");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGABRT, say_seed);
  const auto chaos_of = [&](std::uint64_t number) {
    Chaos chaos = suite.draw(number);
    for (const Fault fault : all_faults())
      if (std::ranges::find(without, to_string(fault)) != without.end()) chaos.faults &= ~(1u << static_cast<std::uint32_t>(fault));
    if (tasks > 0) chaos.tasks = static_cast<std::uint32_t>(tasks);
    if (graphs > 0) chaos.graphs = static_cast<std::uint32_t>(graphs);
    if (events > 0) chaos.events = static_cast<std::uint32_t>(events);
    return chaos;
  };
  if (seed > 0) {
    Chaos chaos = chaos_of(seed);
    if (shrinks && fails_apart(suite, chaos)) chaos = shrunk(suite, chaos);
    note(suite, chaos);
    const Result result = suite.run(chaos, /*tells=*/true, prints);
    if (!result.violation.empty()) return report(suite, chaos, result);
    fmt::print("seed {} holds: {:.1f} virtual s, {} events, {} runs, {} values, hash {:016x}\n  {}\n", seed, static_cast<double>(result.took.ns) * 1e-9, result.events,
               result.runs, result.values, result.hash, chaos.describe());
    return 0;
  }
  if (benchmark) return measure(suite, from, count);
  Sum sum;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t number = from; number < from + count && !(is_first && sum.failed > 0); ++number) {
    const Chaos chaos = chaos_of(number);
    note(suite, chaos);
    const Result result = suite.run(chaos, false, false);
    add(sum, result);
    if (result.violation.empty()) continue;
    if (++sum.failed <= 20) fmt::print(stderr, "seed {}: {}\nreplay: {}\n", number, result.violation, replay_line(suite, chaos));
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{} seeds in {:.1f} s: {} failed; {:.0f} virtual seconds a second, {} events, {} runs of operations, {} values compared\n", count, took, sum.failed,
             sum.virtual_seconds / took, sum.events, sum.runs, sum.values);
  if (lists)
    for (const auto& [what, times] : sum.seen) fmt::print("  {:>9}  {}\n", times, what);
  return sum.failed == 0 ? 0 : 1;
}
}  // namespace tessera::simulation::fault
