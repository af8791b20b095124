// Random graphs that grow step by step.
#include "simulation/generate/estee_maker.hpp"

#include <array>

namespace tessera::simulation::generate {
namespace {
using engine::Case;
using Number = std::uint32_t;
constexpr std::array<double, 7> durations = {1, 6, 30, 60, 180, 320, 600};
constexpr std::array<double, 13> sizes = {0.01, 1, 10, 20, 50, 100, 200, 320, 640, 1000, 2500, 16000, 32000};
/// What a step does, with how often of 90.
enum class Step { independent, level, even_level, links, twice, beside };
constexpr std::array<std::pair<Step, Number>, 6> steps = {{{Step::independent, 10}, {Step::level, 40}, {Step::even_level, 20}, {Step::links, 10}, {Step::twice, 5}, {Step::beside, 5}}};

class Growth {
 public:
  explicit Growth(Maker& maker) : maker_(maker) {}

  void grow(Number count) {
    const Number first = static_cast<Number>(made().tasks.size());
    add(1 + maker_.below(19), cpus());
    for (Number i = 0; i < count; ++i) step(i);
    links(first);
  }

 private:
  Case& made() const { return maker_.made; }
  Number cpus() {
    const double part = maker_.part();
    return part < 0.5 ? 1 : part < 0.74 ? 2 : part < 0.76 ? 3 : 4;
  }
  Number task(double duration, double deviation, Number cpus) { return maker_.task("t", made().tasks.size(), maker_.normal(duration, deviation), duration, cpus); }
  Number task(Number cpus) {
    const double duration = durations[maker_.below(durations.size())];
    const Number its = task(duration, duration / 10, cpus);
    for (Number left = maker_.part() < 0.98 ? 1 : 1 + maker_.below(19); left > 0; --left) {
      const double size = sizes[maker_.below(sizes.size())];
      maker_.output(its, maker_.normal(size, size / 10), size);
    }
    return its;
  }
  void add(Number count, Number cpus) {
    for (; count > 0; --count) task(cpus);
  }
  /// Tasks whose results nobody needs.
  std::vector<Number> leaves() const {
    std::vector<bool> is_needed(made().tasks.size());
    for (const engine::Task& one : made().tasks)
      for (const Number input : one.inputs) is_needed[made().objects[input].producer] = true;
    std::vector<Number> all;
    for (Number one = 0; one < is_needed.size(); ++one)
      if (!is_needed[one]) all.push_back(one);
    return all;
  }
  /// From 1 to `most`, the smaller the more often: the i-th with a weight of 1 / (1.2 i + 1).
  Number few(std::size_t most) {
    double sum = 0;
    for (std::size_t i = 0; i < most; ++i) sum += 1 / (1.2 * static_cast<double>(i) + 1);
    double left = maker_.part() * sum;
    for (std::size_t i = 0; i < most; ++i)
      if ((left -= 1 / (1.2 * static_cast<double>(i) + 1)) < 0) return static_cast<Number>(i + 1);
    return static_cast<Number>(most);
  }
  Number any_output(Number task) { return made().tasks[task].outputs[maker_.below(made().tasks[task].outputs.size())]; }
  void follow(Number task, std::vector<Number> before, Number count) {
    for (; count > 0; --count) {
      const Number at = maker_.below(before.size());
      maker_.input(task, any_output(before[at]));
      before.erase(before.begin() + at);
    }
  }

  void step(Number number) {
    Number drawn = maker_.below(90);
    Step what = Step::beside;
    for (const auto& [one, weight] : steps) {
      if (drawn < weight) {
        what = one;
        break;
      }
      drawn -= weight;
    }
    switch (what) {
      case Step::independent: return add(1 + maker_.below(19), cpus());
      case Step::level: return level();
      case Step::even_level: return even_level();
      case Step::links: return links(0);
      case Step::twice: return twice();
      case Step::beside: return grow(number);
    }
  }
  void level() {
    const std::vector<Number> before = leaves();
    for (Number left = 1 + maker_.below(19); left > 0; --left) {
      const Number its = task(cpus());
      follow(its, before, few(before.size()));
    }
  }
  /// All alike.
  void even_level() {
    const std::vector<Number> before = leaves();
    std::size_t outputs = 0;
    for (const Number one : before) outputs += made().tasks[one].outputs.size();
    const Number inputs = few(before.size()), its_cpus = cpus();
    const double duration = durations[maker_.below(durations.size())], size = sizes[maker_.below(sizes.size())];
    for (Number left = maker_.part() < 0.5 ? 4 + maker_.below(46) : maker_.below(outputs); left > 0; --left) {
      const Number its = task(duration, duration / 15, its_cpus);
      maker_.output(its, size);
      follow(its, before, inputs);
    }
  }
  bool is_before(Number task, Number other) const {
    std::vector<bool> seen(made().tasks.size());
    std::vector<Number> open{other};
    while (!open.empty()) {
      const Number one = open.back();
      open.pop_back();
      if (one == task) return true;
      if (seen[one]) continue;
      seen[one] = true;
      for (const Number input : made().tasks[one].inputs) open.push_back(made().objects[input].producer);
    }
    return false;
  }
  /// An edge for each twenty tasks from `first` on.
  void links(Number first) {
    const auto count = static_cast<Number>(made().tasks.size()) - first;
    if (count < 2) return;
    for (Number left = (count + 19) / 20; left > 0; --left) {
      const Number from = first + maker_.below(count), to = first + maker_.below(count);
      if (!is_before(to, from)) maker_.input(to, any_output(from));
    }
  }
  /// All again, a little larger and longer.
  void twice() {
    const auto tasks = static_cast<Number>(made().tasks.size()), objects = static_cast<Number>(made().objects.size());
    for (Number i = 0; i < tasks; ++i) {
      const engine::Task its = made().tasks[i];
      const Number copy = maker_.task("t", tasks + i, its.duration + maker_.normal(0, its.duration / 20), its.expected_duration, its.cpus);
      for (const Number input : its.inputs) made().tasks[copy].inputs.push_back(input + objects);
      for (const Number output : its.outputs) made().tasks[copy].outputs.push_back(output + objects);
    }
    for (Number i = 0; i < objects; ++i) {
      engine::Object its = made().objects[i];
      its.producer += tasks;
      its.size += maker_.normal(0, its.size / 30);
      made().objects.push_back(its);
    }
  }

  Maker& maker_;
};
}  // namespace

Case random_graph(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  Growth(maker).grow(count);
  return maker.made;
}
}  // namespace tessera::simulation::generate
