#include "simulation/generate/estee.hpp"

#include "simulation/generate/estee_maker.hpp"

#include <array>

namespace tessera::simulation::generate {
namespace {
using engine::Case;
using Number = std::uint32_t;

/// Tasks that need nothing: durations around 10, 20, 60 or 180 s, or exponential; with up to so many cores.
Case plain(Number count, bool is_exponential, Number cpus_max, std::uint64_t seed) {
  constexpr std::array<double, 4> means = {10, 20, 60, 180};
  Maker maker(seed);
  for (Number i = 0; i < count; ++i) {
    const double mean = is_exponential ? 60 : means[maker.below(4)];
    const double duration = is_exponential ? maker.exponential(mean) : maker.normal(mean, mean / 10);
    maker.task("t", i, duration, mean, 1 + maker.below(cpus_max));
  }
  return maker.made;
}
Case plain1n(Number count, Number, std::uint64_t seed) { return plain(count, false, 1, seed); }
Case plain1e(Number count, Number, std::uint64_t seed) { return plain(count, true, 1, seed); }
Case plain1cpus(Number count, Number, std::uint64_t seed) { return plain(count, false, 3, seed); }

Case triplets(Number count, Number cpus, std::uint64_t seed) {
  Maker maker(seed);
  for (Number i = 0; i < count; ++i) {
    const Number first = maker.output(maker.task("a", i, maker.normal(5, 1.5), 5), 40);
    const Number second = maker.task("b", i, maker.normal(120, 20), 120, cpus);
    maker.input(second, first);
    const Number third = maker.task("c", i, maker.normal(32, 3), 32);
    maker.input(third, maker.output(second, 120));
  }
  return maker.made;
}

std::vector<Number> level(Maker& maker, std::string_view kind, Number count, double mean, double deviation, double size, double spread) {
  std::vector<Number> objects;
  for (Number i = 0; i < count; ++i) {
    const Number task = maker.task(kind, i, maker.normal(mean, deviation), mean);
    objects.push_back(maker.output(task, spread > 0 ? maker.normal(size, spread) : size, spread > 0 ? 100 : size));
  }
  return objects;
}

Case merge_neighbours(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  const auto objects = level(maker, "a", count, 15, 3, 99, 2.5);
  for (Number i = 0; i < count; ++i) {
    const Number task = maker.task("b", i, maker.normal(15, 2), 15);
    maker.input(task, objects[i]);
    maker.input(task, objects[(i + 1) % count]);
  }
  return maker.made;
}

/// Three by three; what is left over nobody needs.
Case merge_triplets(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  const auto objects = level(maker, "a", count, 15, 3, 99, 2.5);
  for (Number i = 0; i + 2 < count; i += 3) {
    const Number task = maker.task("b", i, maker.normal(15, 2), 15);
    for (Number j = i; j < i + 3; ++j) maker.input(task, objects[j]);
  }
  return maker.made;
}

Case merge_small_big(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  const auto small = level(maker, "a", count, 11, 3, 0.5, 0), big = level(maker, "b", count, 15, 3, 99, 2.5);
  for (Number i = 0; i < count; ++i) {
    const Number task = maker.task("c", i, maker.normal(10, 1), 10);
    maker.input(task, small[i]), maker.input(task, big[i]);
  }
  return maker.made;
}

/// Two need what each makes: the same, or one of two.
Case fork(Number count, bool is_split, std::uint64_t seed) {
  Maker maker(seed);
  const auto objects = level(maker, "a", count, 17, 3, 100, 0);
  for (Number i = 0; i < count; ++i) {
    maker.input(maker.task("b", i, maker.normal(15, 2), 15), objects[i]);
    const Number other = is_split ? maker.output(maker.made.objects[objects[i]].producer, 100) : objects[i];
    maker.input(maker.task("c", i, maker.normal(15, 2), 15), other);
  }
  return maker.made;
}
Case fork1(Number count, Number, std::uint64_t seed) { return fork(count, false, seed); }
Case fork2(Number count, Number, std::uint64_t seed) { return fork(count, true, seed); }

Case bigmerge(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  const auto objects = level(maker, "a", count, 17, 3, 100, 0);
  const Number task = maker.task("m", 1, 40, 40);
  for (const Number object : objects) maker.input(task, object);
  return maker.made;
}

Case duration_stairs(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  for (Number i = 0; i < count; ++i) maker.task("a", i, i, i), maker.task("b", i, i, i);
  return maker.made;
}

Case size_stairs(Number count, Number, std::uint64_t seed) {
  Maker maker(seed);
  const Number first = maker.task("a", 0, 0.1, 0.1);
  for (Number i = 0; i < count; ++i) {
    const Number object = maker.output(first, i);
    maker.input(maker.task("b", i, 20, 20), object);
  }
  return maker.made;
}

Case splitters(Number depth, Number, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<Number> before = {maker.output(maker.task("root", 0, 1, 1), 512)};
  for (Number i = 0; i < depth; ++i) {
    const auto next = level(maker, "a", static_cast<Number>(before.size() * 2), 20, 1, 128, 0);
    for (std::size_t j = 0; j < next.size(); ++j) maker.input(maker.made.objects[next[j]].producer, before[j / 2]);
    before = next;
  }
  return maker.made;
}

Case conflux(Number depth, Number, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<Number> before = level(maker, "top", Number{1} << depth, 20, 1.5, 128, 0);
  for (Number i = 0; i < depth; ++i) {
    const auto next = level(maker, "a", static_cast<Number>(before.size() / 2), 20, 1, 128, 0);
    for (std::size_t j = 0; j < before.size(); ++j) maker.input(maker.made.objects[next[j / 2]].producer, before[j]);
    before = next;
  }
  return maker.made;
}

/// Each needs the one before it in its row, and the one above.
Case grid(Number size, Number, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<Number> above;
  for (Number row = 0; row < size; ++row) {
    const auto objects = level(maker, "a", size, 20, 1, 128, 0);
    for (Number i = 0; i < size; ++i) {
      const Number task = maker.made.objects[objects[i]].producer;
      if (i > 0) maker.input(task, objects[i - 1]);
      if (row > 0) maker.input(task, above[i]);
    }
    above = objects;
  }
  return maker.made;
}

/// A chain, each link of which needs a leaf, too.
Case fern(Number size, Number, std::uint64_t seed) {
  Maker maker(seed);
  Number before = maker.output(maker.task("init", 0, maker.normal(20, 1), 20), 5);
  for (Number i = 0; i < size; ++i) {
    const Number link = maker.task("a", i, maker.normal(17 + i / 10.0, 3), 17 + i / 10.0);
    const Number next = maker.output(link, maker.normal(5 + i / 10.0, i / 100.0), 5 + i / 10.0);
    const Number leaf = maker.output(maker.task("b", i, maker.normal(35, 3), 35), maker.normal(42, 2), 42);
    maker.input(link, before), maker.input(link, leaf);
    before = next;
  }
  return maker.made;
}

constexpr std::array<EsteeFamily, 28> families = {{
    {"plain1n", {"count", 380, 1'000'000}, {}, plain1n}, {"plain1e", {"count", 380, 1'000'000}, {}, plain1e}, {"plain1cpus", {"count", 380, 1'000'000}, {}, plain1cpus},
    {"triplets", {"count", 110, 1'000'000}, {"cpus", 4, 1000}, triplets},
    {"merge_neighbours", {"count", 107, 1'000'000}, {}, merge_neighbours}, {"merge_triplets", {"count", 148, 1'000'000}, {}, merge_triplets},
    {"merge_small_big", {"count", 80, 1'000'000}, {}, merge_small_big}, {"fork1", {"count", 100, 1'000'000}, {}, fork1}, {"fork2", {"count", 100, 1'000'000}, {}, fork2},
    {"bigmerge", {"count", 320, 1'000'000}, {}, bigmerge}, {"duration_stairs", {"count", 190, 1'000'000}, {}, duration_stairs},
    {"size_stairs", {"count", 190, 1'000'000}, {}, size_stairs}, {"splitters", {"depth", 7, 20}, {}, splitters}, {"conflux", {"depth", 7, 20}, {}, conflux},
    {"grid", {"count", 19, 1000}, {}, grid}, {"fern", {"count", 200, 1'000'000}, {}, fern},
    {"gridcat", {"count", 20, 1000}, {}, gridcat}, {"crossv", {"inner", 8, 100'000}, {}, crossv}, {"crossvx", {"inner", 4, 1000}, {"outer", 4, 100}, crossvx},
    {"fastcrossv", {"inner", 8, 100'000}, {}, fastcrossv}, {"mapreduce", {"count", 160, 1000}, {}, mapreduce},
    {"montage", {"width", 77, 100'000}, {}, montage}, {"cybershake", {"width", 104, 100'000}, {}, cybershake}, {"epigenomics", {"width", 204, 100'000}, {}, epigenomics},
    {"nestedcrossv", {"parameters", 5, 1000}, {}, nestedcrossv}, {"ligo", {"width", 20, 100'000}, {"second", 10, 100'000}, ligo}, {"sipht", {"copies", 2, 100'000}, {}, sipht},
    {"random", {"steps", 20, 30}, {}, random_graph},
}};
}  // namespace

std::span<const EsteeFamily> estee_families() { return families; }
}  // namespace tessera::simulation::generate
