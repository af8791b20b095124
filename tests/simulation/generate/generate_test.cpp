#include "simulation/files/case_file.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

using namespace tessera::simulation;

namespace {
engine::Case made(std::string_view text) {
  auto its = generate::generate(text);
  BOOST_REQUIRE_MESSAGE(bool(its), its.failure().message);
  return std::move(*its);
}
std::size_t edges(const engine::Case& what) {
  std::size_t count = 0;
  for (const engine::Task& task : what.tasks) count += task.inputs.size();
  return count;
}
bool same(const engine::Case& a, const engine::Case& b) {
  return std::ranges::equal(a.tasks, b.tasks, [](const auto& x, const auto& y) { return x.duration == y.duration && x.inputs == y.inputs; }) &&
         std::ranges::equal(a.objects, b.objects, [](const auto& x, const auto& y) { return x.size == y.size && x.producer == y.producer; });
}
void refused(std::string_view text, const std::string& why) {
  const auto its = generate::generate(text);
  BOOST_REQUIRE(!its);
  BOOST_TEST((its.failure().code == tessera::runtime::ErrorCode::invalid_argument));
  BOOST_TEST(its.failure().message.find(why) != std::string::npos, its.failure().message);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_generate_generate)

// Counts as benchmarks/peers/patterns.py gives them.
BOOST_AUTO_TEST_CASE(families_have_their_tasks_and_edges) {
  BOOST_TEST((made("independent").tasks.size() == 1000 && edges(made("independent")) == 0));
  BOOST_TEST((made("chain:tasks=10").tasks.size() == 10 && edges(made("chain:tasks=10")) == 9));
  BOOST_TEST((made("tree:width=16384").tasks.size() == 32767 && edges(made("tree:width=16384")) == 32766));
  for (const auto& [text, count] : {std::pair("stencil_1d:steps=200", 37810u), std::pair("fft:steps=200", 34048u), std::pair("random_nearest:steps=200", 31177u)})
    BOOST_TEST((made(text).tasks.size() == 12800 && edges(made(text)) == count), text << " has " << edges(made(text)));
}

/// How many tasks there are of each kind, number of cores, inputs and outputs, and expected duration (where that is not drawn).
std::map<std::tuple<std::string, std::uint32_t, std::size_t, std::size_t, double>, int> shape(const engine::Case& what, bool is_drawn) {
  std::map<std::tuple<std::string, std::uint32_t, std::size_t, std::size_t, double>, int> all;
  for (const engine::Task& task : what.tasks)
    ++all[{what.kinds.at(task.kind), task.cpus, task.inputs.size(), task.outputs.size(), is_drawn ? 0 : task.expected_duration}];
  return all;
}

// The six graphs of the reference are made by Estee itself.
BOOST_AUTO_TEST_CASE(families_of_estee_have_the_shapes_of_estees_own_graphs) {
  for (const auto& [file, recipe] : {std::pair("crossv-2x8-32", "crossv:inner=2"), std::pair("fork1-3x2-50", "fork1:count=10"), std::pair("gridcat-4x4-128", "gridcat:count=5"),
                                     std::pair("merge_neighbours-4x4-100", "merge_neighbours:count=14"), std::pair("triplets-stairs-64", "triplets:count=10,cpus=4")}) {
    const auto cases = files::read_cases(std::string(TESSERA_SOURCE_DIR "/tests/data/simulation/") + file + ".json");
    BOOST_REQUIRE_MESSAGE(bool(cases), cases.failure().message);
    const bool is_drawn = std::string_view(file).starts_with("gridcat");
    engine::Case ours = made(recipe);
    for (std::string& kind : ours.kinds)  // As files have them.
      while (!kind.empty() && kind.back() == '-') kind.pop_back();
    BOOST_TEST((shape(cases->front().what, is_drawn) == shape(ours, is_drawn)), file);
  }
  const engine::Case montage = made("montage:width=20");  // Who sees which of two outputs is drawn.
  BOOST_TEST((montage.tasks.size() == 33 && montage.objects.size() == 62 && edges(montage) == 79));
}

BOOST_AUTO_TEST_CASE(families_of_estee_have_their_tasks_and_edges) {
  for (const auto& [text, tasks, count] : {std::tuple("plain1n", 380u, 0u), std::tuple("plain1e", 380u, 0u), std::tuple("plain1cpus", 380u, 0u), std::tuple("merge_triplets", 197u, 147u),
                                           std::tuple("merge_small_big", 240u, 160u), std::tuple("fork2", 300u, 200u), std::tuple("bigmerge", 321u, 320u),
                                           std::tuple("duration_stairs", 380u, 0u), std::tuple("size_stairs", 191u, 190u), std::tuple("splitters", 255u, 254u),
                                           std::tuple("conflux", 255u, 254u), std::tuple("grid", 361u, 684u), std::tuple("fern", 401u, 400u), std::tuple("crossvx", 200u, 400u),
                                           std::tuple("fastcrossv", 94u, 180u), std::tuple("mapreduce", 321u, 160u + 25600u), std::tuple("cybershake", 212u, 2u * 104 + 104 + 104 + 104),
                                           std::tuple("epigenomics", 820u, 5u * 204 + 2), std::tuple("nestedcrossv:parameters=2", 1u + 5 * (8 + 9 * 2), 5u * (20 + 17 * 2)),
                                           std::tuple("ligo", 2u * 41 + 2 * 21, 5u * 20 + 5 * 10), std::tuple("ligo:width=3,second=1", 14u + 6, 15u + 5), std::tuple("sipht:copies=3", 3u * 32, 3u * 48)}) {
    const engine::Case what = made(text);
    BOOST_TEST((what.tasks.size() == tasks && edges(what) == count), text << " has " << what.tasks.size() << " tasks and " << edges(what) << " edges");
    BOOST_TEST(same(what, made(std::string(text) + (std::string(text).find(':') == std::string::npos ? ":" : ",") + "seed=1")));
    engine::Case there = what;
    there.cpus = {8};
    BOOST_TEST(bool(engine::check(there)));
  }
  double sum = 0;
  for (const engine::Task& task : made("plain1e:count=20000").tasks) sum += task.duration / 20000;
  BOOST_TEST((sum > 58.5 && sum < 61.5), sum);
  BOOST_TEST(!same(made("fork1"), made("fork1:seed=2")));
  refused("fork1:size=2", "\"fork1\" has no setting \"size\"; there are count, seed");
  refused("splitters:depth=40", "depth: at most 20");
}

int count_of(const engine::Case& what, const std::string& kind) {
  return static_cast<int>(std::ranges::count_if(what.tasks, [&](const engine::Task& task) { return what.kinds[task.kind] == kind; }));
}

BOOST_AUTO_TEST_CASE(nested_cross_validation_ligo_and_sipht_have_the_shapes_of_what_they_model) {
  const engine::Case nested = made("nestedcrossv:parameters=3");
  BOOST_TEST((count_of(nested, "merge") == 25 && count_of(nested, "train") == 5 * (3 * 4 + 1) && count_of(nested, "eval") == 65));
  BOOST_TEST((count_of(nested, "avg_score") == 15 && count_of(nested, "best_param") == 5));
  for (const engine::Task& task : nested.tasks)
    if (nested.kinds[task.kind] == "best_param") BOOST_TEST(task.inputs.size() == 3u);
  const engine::Case ligo = made("ligo:width=4,second=2");
  BOOST_TEST((count_of(ligo, "TmpltBank-") == 12 && count_of(ligo, "Inspiral-") == 12 && count_of(ligo, "Thinca") == 4));
  const auto starts = std::ranges::count_if(ligo.tasks, [](const engine::Task& task) { return task.inputs.empty(); });
  BOOST_TEST(starts == 6);  // The second round of templates needs what coincided in the first.
  const engine::Case sipht = made("sipht:copies=1");
  for (const engine::Task& task : sipht.tasks) {
    if (sipht.kinds[task.kind] == "SRNA") BOOST_TEST((task.inputs.size() == 15u && task.outputs.size() == 10u));
    if (sipht.kinds[task.kind] == "SRNA_annotate") BOOST_TEST(task.inputs.size() == 7u);
    if (sipht.kinds[task.kind] == "Blast_synteny") BOOST_TEST(task.inputs.size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(random_graphs_of_estee_have_no_cycles_and_draw_from_its_lists) {
  std::size_t edges_of_all = 0;
  for (int seed = 1; seed <= 30; ++seed) {
    const std::string recipe = "random:steps=12,seed=" + std::to_string(seed);
    engine::Case what = made(recipe);
    BOOST_TEST(same(what, made(recipe)));
    edges_of_all += edges(what);
    what.cpus = {4};
    const auto checked = engine::check(what);
    BOOST_TEST(bool(checked), recipe);
    for (const engine::Task& task : what.tasks) BOOST_TEST((task.cpus >= 1 && task.cpus <= 4 && task.expected_duration >= 1 && task.expected_duration <= 600 && task.duration > 0));
  }
  BOOST_TEST(edges_of_all > 30 * 20);
}

BOOST_AUTO_TEST_CASE(layers_need_tasks_of_the_layer_before) {
  const engine::Case what = made("layered:width=5,steps=40,degree=3");
  BOOST_REQUIRE(what.tasks.size() == 200u);
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const auto& inputs = what.tasks[i].inputs;
    BOOST_TEST(inputs.empty() == (i < 5));
    most = std::max(most, inputs.size());
    for (const std::uint32_t input : inputs) BOOST_TEST(input / 5 + 1 == i / 5);
  }
  BOOST_TEST(most == 3u);
}

BOOST_AUTO_TEST_CASE(the_same_text_gives_the_same_case_and_another_seed_another) {
  BOOST_TEST(same(made("layered"), made("layered:seed=1")));
  BOOST_TEST(!same(made("layered"), made("layered:seed=2")));
}

BOOST_AUTO_TEST_CASE(durations_and_sizes_are_drawn_around_their_means) {
  const engine::Case what = made("independent:tasks=5000,duration=2,size=8,spread=0.25");
  double duration = 0, size = 0;
  for (std::size_t i = 0; i < 5000; ++i) {
    BOOST_TEST((what.tasks[i].duration > 1.5 && what.tasks[i].duration < 2.5 && what.objects[i].size > 6 && what.objects[i].size < 10));
    duration += what.tasks[i].duration, size += what.objects[i].size;
  }
  BOOST_TEST((duration / 5000 > 1.98 && duration / 5000 < 2.02 && size / 5000 > 7.9 && size / 5000 < 8.1));
  const engine::Case even = made("chain:tasks=3,duration=0.5,spread=0");
  for (const engine::Task& task : even.tasks) BOOST_TEST(task.duration == 0.5);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_recipe_is_refused_with_what_there_is) {
  refused("ring", "there is no family of graphs \"ring\"; there are independent, chain, tree, stencil_1d, fft, random_nearest, layered");
  refused("chain:width=3", "\"chain\" has no setting \"width\"; there are duration, seed, size, spread, tasks");
  refused("chain:tasks=0", "tasks: a whole number of at least 1 was expected, and there is \"0\"");
  refused("chain:tasks=2.5", "tasks: a whole number");
  refused("chain:tasks", "tasks: a whole number of at least 1 was expected, and there is \"\"");
  refused("chain:duration=-1", "duration: a number of at least 0 was expected, and there is \"-1\"");
  refused("chain:spread=2", "spread: at most 1");
  refused("tree:width=3", "a power of two");
  refused("fft:width=100000,steps=100000", "10000000000 tasks are more than 10000000");
  refused("layered:degree=21", "degree: at most the width");
  refused("layered:degree=nan", "degree: a whole number");
}

BOOST_AUTO_TEST_SUITE_END()
