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

/// Cross validation within cross validation: for each fold that is left out the best of so many parameters is found on the others.
engine::Case nestedcrossv(std::uint32_t parameters, std::uint32_t, std::uint64_t seed) {
  constexpr std::uint32_t folds = 5, inner = folds - 1;
  constexpr double fold = 320;
  Maker maker(seed);
  const std::uint32_t generator = maker.task("generator", 0, maker.normal(5, 0.5), 5);
  std::vector<std::uint32_t> parts;
  for (std::uint32_t i = 0; i < folds; ++i) parts.push_back(maker.output(generator, fold));
  const auto evaluate = [&](std::uint32_t number, std::uint32_t train, std::uint32_t part, double mean) {
    const std::uint32_t its = maker.task("eval", number, maker.normal(mean, 3), mean, 4);
    maker.input(its, maker.output(train, 18)), maker.input(its, part);
    return maker.output(its, 0.0001);
  };
  for (std::uint32_t out = 0; out < folds; ++out) {
    std::vector<std::uint32_t> left = parts, merged, scores;
    left.erase(left.begin() + out);
    for (std::uint32_t i = 0; i < inner; ++i) {
      const std::uint32_t merge = maker.task("merge", i, maker.normal(1.1, 0.02), 1.1);
      for (std::uint32_t j = 0; j < inner; ++j)
        if (j != i) maker.input(merge, left[j]);
      merged.push_back(maker.output(merge, fold * (inner - 1)));
    }
    for (std::uint32_t parameter = 1; parameter <= parameters; ++parameter) {
      const std::uint32_t score = maker.task("avg_score", parameter, 0.2, 0.2);
      for (std::uint32_t i = 0; i < inner; ++i) {
        const std::uint32_t train = maker.task("train", i, maker.exponential(680.0 * parameter), 680.0 * parameter, 4);
        maker.input(train, merged[i]);
        maker.input(score, evaluate(i, train, left[i], 35));
      }
      scores.push_back(maker.output(score, 0.0001));
    }
    const std::uint32_t best = maker.task("best_param", out, 0.2, 0.2), merge = maker.task("merge", inner, maker.normal(1, 0.02), 1);
    for (const std::uint32_t score : scores) maker.input(best, score);
    for (const std::uint32_t part : left) maker.input(merge, part);
    const std::uint32_t train = maker.task("train", inner, maker.exponential(680), 680, 4);
    maker.input(train, maker.output(merge, fold * inner)), maker.input(train, maker.output(best, 0.0001));
    evaluate(inner, train, parts[out], 38);
  }
  return maker.made;
}

/// Twice in each of two parts: templates, an inspiral search behind each, and what coincides; the second templates need the first coincidences.
engine::Case ligo(std::uint32_t width, std::uint32_t second_width, std::uint64_t seed) {
  Maker maker(seed);
  for (const std::uint32_t count : {width, second_width}) {
    std::uint32_t before = engine::nobody;
    for (int round = 0; round < 2; ++round) {
      std::vector<std::uint32_t> templates;
      for (std::uint32_t i = 0; i < count; ++i) {
        templates.push_back(maker.task("TmpltBank-", i, maker.normal(19, 0.1), 19));
        maker.output(templates.back(), maker.normal(0.9, 0.1));
        if (before != engine::nobody) maker.follow(templates.back(), before);
      }
      before = after_all(maker, behind(maker, templates, "Inspiral-", 400, 100, 0.4, 0.1), "Thinca", 5, 1);
      maker.output(before, 0.02);
    }
  }
  return maker.made;
}

/// Copies of a search for small RNAs that have nothing to do with each other.
engine::Case sipht(std::uint32_t copies, std::uint32_t, std::uint64_t seed) {
  Maker maker(seed);
  const auto add = [&](std::string_view kind, double mean, double deviation, const std::vector<double>& outputs) {
    const std::uint32_t task = maker.task(kind, 0, deviation > 0 ? maker.normal(mean, deviation) : mean, mean);
    for (const double size : outputs) maker.output(task, size);
    return task;
  };
  const auto drawn = [&](int count, double mean, double deviation) {
    std::vector<double> all;
    for (; count > 0; --count) all.push_back(maker.normal(mean, deviation));
    return all;
  };
  for (std::uint32_t copy = 0; copy < copies; ++copy) {
    std::vector<std::uint32_t> parsers;
    for (std::uint32_t i = 0; i < 20; ++i) {
      parsers.push_back(maker.task("Parser-", i, maker.normal(1, 0.2), 1));
      maker.output(parsers.back(), maker.normal(0.1, 0.02));
    }
    const std::uint32_t concat = after_all(maker, parsers, "Parser-concat", 0.05, 0);
    maker.output(concat, maker.normal(1.5, 0.1));
    const std::uint32_t find = add("Findterm", 1800, 100, {0, 0, maker.normal(20, 1), maker.normal(0.2, 0.1), 0, maker.normal(4, 1), maker.normal(4, 1), maker.normal(6, 1)});
    const std::uint32_t motif = add("RNAMotif", 38, 2, {0, 1}), term = add("Transterm", 50, 2, {0, 0.5}), blast = add("Blast", 1900, 100, {0, 0, 4.5});
    const std::uint32_t srna = after_all(maker, {find, motif, term, blast}, "SRNA", 450, 50);
    for (const double size : drawn(10, 0.5, 0.2)) maker.output(srna, size);
    const std::uint32_t candidates = maker.made.tasks[srna].outputs.back();
    const std::uint32_t ffn = add("FFN_Parse", 1, 1, {0.9}), synteny = add("Blast_synteny", 30, 5, {1});
    const std::vector<std::uint32_t> level = {add("BlastQRNA", 1200, 100, drawn(8, 0.5, 1)), add("Blast_paralogues", 5, 1, {0.9}), ffn, synteny, add("Blast_candidate", 6, 1, {0, 0, 0})};
    maker.follow(synteny, ffn);
    const std::uint32_t annotate = add("SRNA_annotate", 1, 2, drawn(8, 0.5, 0.2));
    for (const std::uint32_t task : level) maker.input(task, candidates), maker.input(annotate, maker.first_output(task));
    maker.input(annotate, candidates);
    maker.follow(annotate, concat);
  }
  return maker.made;
}
}  // namespace tessera::simulation::generate
