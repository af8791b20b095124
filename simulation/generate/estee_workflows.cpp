// Cross validation, concatenation of all pairs, map and reduce, and small models of Pegasus workflows.
#include "simulation/generate/estee_maker.hpp"

namespace tessera::simulation::generate {
namespace {
/// `factor` of all durations of training and evaluation.
void add_crossv(Maker& maker, std::uint32_t inner, std::uint32_t cpus, double factor) {
  constexpr std::uint32_t chunks = 5;
  constexpr double chunk = 320;
  const std::uint32_t generator = maker.task("generator", 0, maker.normal(5, 0.5), 5);
  std::vector<std::uint32_t> parts, merged;
  for (std::uint32_t i = 0; i < chunks; ++i) parts.push_back(maker.output(generator, chunk));
  for (std::uint32_t i = 0; i < chunks; ++i) {
    const std::uint32_t merge = maker.task("merge", i, maker.normal(1.1, 0.02), 1.1);
    merged.push_back(maker.output(merge, chunk * (chunks - 1)));
    for (std::uint32_t j = 0; j < chunks; ++j)
      if (j != i) maker.input(merge, parts[j]);
  }
  for (std::uint32_t round = 0; round < inner; ++round) {
    std::vector<std::uint32_t> results;
    for (std::uint32_t i = 0; i < chunks; ++i) {
      const std::uint32_t train = maker.task("train", i, maker.exponential(680 * factor), 680 * factor, cpus);
      maker.input(train, merged[i]);
      const std::uint32_t evaluate = maker.task("eval", i, maker.normal(34 * factor, 3), 34 * factor, cpus);
      maker.input(evaluate, maker.output(train, 18));
      maker.input(evaluate, parts[i]);
      results.push_back(maker.output(evaluate, 0.0001));
    }
    const std::uint32_t last = maker.task("final", round, 0.2, 0.2);
    for (const std::uint32_t result : results) maker.input(last, result);
  }
}
/// One behind each.
std::vector<std::uint32_t> behind(Maker& maker, const std::vector<std::uint32_t>& before, std::string_view kind, double mean, double deviation, double size, double spread) {
  std::vector<std::uint32_t> level;
  for (std::size_t i = 0; i < before.size(); ++i) {
    level.push_back(maker.task(kind, i, maker.normal(mean, deviation), mean));
    maker.input(level.back(), maker.first_output(before[i]));
    maker.output(level.back(), spread > 0 ? maker.normal(size, spread) : size);
  }
  return level;
}
std::uint32_t after_all(Maker& maker, const std::vector<std::uint32_t>& before, std::string_view kind, double mean, double deviation) {
  const std::uint32_t task = maker.task(kind, 0, deviation > 0 ? maker.normal(mean, deviation) : mean, mean);
  for (const std::uint32_t one : before) maker.follow(task, one);
  return task;
}
}  // namespace

engine::Case gridcat(std::uint32_t count, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<std::uint32_t> files, hashes;
  for (std::uint32_t i = 0; i < count; ++i) files.push_back(maker.output(maker.task("input", i, maker.normal(0.01, 0.001), 0.01), maker.normal(300, 25)));
  constexpr double digest = 16.0 / 1048576;
  for (std::uint32_t i = 0; i < count; ++i)
    for (std::uint32_t j = i + 1; j < count; ++j) {
      const double size = maker.made.objects[files[i]].size + maker.made.objects[files[j]].size;
      const std::uint32_t cat = maker.task("cat", hashes.size(), maker.normal(0.2, 0.01) + size / 1000, 0.2 + size / 1000);
      maker.input(cat, files[i]), maker.input(cat, files[j]);
      const std::uint32_t hash = maker.task("hash", hashes.size(), maker.normal(0.2, 0.01) + size / 500, 0.2 + size / 500);
      maker.input(hash, maker.output(cat, size));
      hashes.push_back(maker.output(hash, digest));
    }
  const std::uint32_t merge = maker.task("merge", 0, 0.1, 0.1);
  for (const std::uint32_t hash : hashes) maker.input(merge, hash);
  maker.output(merge, digest);
  return maker.made;
}

engine::Case crossv(std::uint32_t inner, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  add_crossv(maker, inner, 4, 1);
  return maker.made;
}
engine::Case crossvx(std::uint32_t inner, std::uint32_t outer, std::uint64_t seed) {
  Maker maker(seed);
  for (std::uint32_t i = 0; i < outer; ++i) add_crossv(maker, inner, 4, 1);
  return maker.made;
}
engine::Case fastcrossv(std::uint32_t inner, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  add_crossv(maker, inner, 1, 0.02);
  return maker.made;
}

engine::Case mapreduce(std::uint32_t count, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  const std::uint32_t splitter = maker.task("splitter", 0, 10, 10);
  std::vector<std::uint32_t> maps;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t part = maker.output(splitter, 2560);
    maps.push_back(maker.task("map", i, maker.normal(50, 10), 50));
    maker.input(maps.back(), part);
    for (std::uint32_t j = 0; j < count; ++j) maker.output(maps.back(), maker.normal(250.0 / count, 20.0 / count), 250.0 / count);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    double size = 0;
    for (const std::uint32_t map : maps) size += maker.made.objects[maker.made.tasks[map].outputs[i]].size;
    const std::uint32_t reduce = maker.task("reduce", i, maker.normal(size / 25, 5), 10);
    for (const std::uint32_t map : maps) maker.input(reduce, maker.made.tasks[map].outputs[i]);
  }
  return maker.made;
}

engine::Case montage(std::uint32_t width, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<std::uint32_t> top, middle, backgrounds;
  for (std::uint32_t i = 0; i < width / 4; ++i) {
    top.push_back(maker.task("mProjectPP-", i, maker.normal(15, 3), 15));
    maker.output(top.back(), maker.normal(4, 1)), maker.output(top.back(), maker.normal(4, 1));
  }
  for (std::uint32_t i = 0; i < width; ++i) {
    middle.push_back(maker.task("mDiffFit-", i, maker.normal(10, 1), 10));
    maker.output(middle.back(), maker.normal(0.2, 0.1)), maker.output(middle.back(), maker.normal(0.2, 0.1));
  }
  const auto either = [&](std::uint32_t task) { return maker.made.tasks[task].outputs[maker.below(2)]; };
  for (std::uint32_t i = 0; i < top.size(); ++i)  // Each is seen by four that lie around it.
    for (std::uint32_t j = i == 0 ? 0 : 4 * i - 2; j < std::min(width, 4 * i + 2); ++j) maker.input(middle[j], either(top[i]));
  const std::uint32_t concat = after_all(maker, middle, "mConcatFit", 13, 2);
  maker.output(concat, 0.01);
  const std::uint32_t model = after_all(maker, {concat}, "mBgModel", 11, 1);
  const std::uint32_t background = maker.output(model, 0.01);
  for (std::uint32_t i = 0; i < top.size(); ++i) {
    backgrounds.push_back(maker.task("mBackground-", i, maker.normal(10, 1), 10));
    maker.output(backgrounds.back(), maker.normal(4, 1)), maker.output(backgrounds.back(), maker.normal(4, 1));
    maker.input(backgrounds.back(), background);
    maker.input(backgrounds.back(), either(top[i]));
  }
  after_all(maker, backgrounds, "mImgTbl", 8, 0);
  return maker.made;
}

engine::Case cybershake(std::uint32_t width, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  std::vector<std::uint32_t> top, synthesis;
  for (std::uint32_t i = 0; i < 2; ++i) {
    top.push_back(maker.task("ExtractGST-", i, maker.normal(100, 50), 100));
    maker.output(top.back(), maker.normal(220, 80)), maker.output(top.back(), maker.normal(220, 80));
  }
  for (std::uint32_t i = 0; i < width; ++i) {
    synthesis.push_back(maker.task("SeismogramSynthesis-", i, maker.normal(45, 10), 45));
    maker.output(synthesis.back(), maker.normal(0.02, 0.01));
    maker.follow(synthesis.back(), top[2 * i < width ? 0 : 1]);
  }
  maker.output(after_all(maker, synthesis, "ZipSeis", 0.5, 0.2), maker.normal(0.2, 0.1));
  const auto peaks = behind(maker, synthesis, "PeakValCalcOkaya-", 1, 0.5, 0.01, 0);
  maker.output(after_all(maker, peaks, "ZipPSA", 0.5, 0.2), 0.1);
  return maker.made;
}

engine::Case epigenomics(std::uint32_t width, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  const std::uint32_t split = maker.task("fastqSplit", 0, maker.normal(35, 5), 35);
  std::vector<std::uint32_t> filters;
  for (std::uint32_t i = 0; i < width; ++i) {
    const std::uint32_t part = maker.output(split, maker.normal(10, 5));
    filters.push_back(maker.task("filter_Contams-", i, maker.normal(1.5, 1), 1.5));
    maker.input(filters.back(), part);
    maker.output(filters.back(), maker.normal(5, 2)), maker.output(filters.back(), maker.normal(5, 2));
  }
  const auto sanger = behind(maker, filters, "sol2sanger-", 0.3, 0.2, 5, 2);
  const auto fast = behind(maker, sanger, "fastq2bfq-", 1, 0.2, 1, 0.5);
  const auto maps = behind(maker, fast, "map_chr-", 15000, 2500, 1, 0.5);
  const std::uint32_t merge = after_all(maker, maps, "mapMerge", 10, 2);
  const std::uint32_t merged = maker.output(merge, maker.normal(20, 2));
  maker.output(merge, 0.5), maker.output(merge, 0.1);
  const std::uint32_t index = maker.task("maqindex", 0, 0.02, 0.02);
  maker.input(index, merged);
  const std::uint32_t pileup = maker.task("pileup", 0, maker.normal(6000, 200), 6000);
  maker.input(pileup, maker.output(index, 0.4));
  maker.output(pileup, 3);
  return maker.made;
}
}  // namespace tessera::simulation::generate
