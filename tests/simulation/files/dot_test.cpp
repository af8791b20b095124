#include "simulation/files/workflow.hpp"
#include "tests/simulation/engine/cases.hpp"

using namespace tessera::simulation;
using namespace tessera::simulation::files;

namespace {
engine::Case read(const std::string& text) {
  auto workflow = parse_workflow(text);
  BOOST_REQUIRE_MESSAGE(bool(workflow), workflow.failure().message);
  return std::move(workflow->graph);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_files_dot)

BOOST_AUTO_TEST_CASE(a_digraph_is_a_graph_of_tasks) {
  const engine::Case what = read(R"(// As SimGrid has them.
strict digraph "my graph" {
  node [shape=box]; rankdir = LR
  root [label="", size=0]
  0 [size="10000000129.452715" duration=2.5 cores=4];
  /* seconds
     count */ "a \"b\"" [size=-0, color=red]
  root -> 0 [size="1048576"]
  root->"a \"b\"" [size="-1."];
  0 -> end [size=2e6]; "a \"b\"" -> end -> last
  1 [size="3e+9"]
})");
  BOOST_TEST(what.name == "my graph");
  BOOST_REQUIRE(what.tasks.size() == 6u);
  BOOST_TEST((what.tasks[0].name == "root" && what.tasks[0].duration == 0));
  BOOST_TEST((what.tasks[1].name == "0" && what.tasks[1].duration == 2.5 && what.tasks[1].cpus == 4));
  BOOST_TEST(what.tasks[2].name == "a \"b\"");
  BOOST_TEST((what.tasks[5].name == "1" && what.tasks[5].duration == 3));
  BOOST_REQUIRE(what.tasks[1].inputs.size() == 1u);
  BOOST_TEST((what.objects[what.tasks[1].inputs[0]].size == 1 && what.objects[what.tasks[1].inputs[0]].producer == 0));
  BOOST_REQUIRE(what.tasks[2].inputs.size() == 1u);
  BOOST_TEST(what.objects[what.tasks[2].inputs[0]].size == 0);
  BOOST_TEST(what.tasks[3].inputs.size() == 2u);
  BOOST_TEST(what.objects[what.tasks[4].inputs[0]].producer == 3u);
  BOOST_TEST(read("DiGraph{}").tasks.empty());
  BOOST_TEST(read("digraph g { a -> b [size=1048576]; a -> b [size=2097152] }").tasks[1].inputs.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_digraph_is_said_with_its_line) {
  using engine::fails;
  fails(parse_workflow("digraph g {\n a -> }"), "line 2: the name of a task was expected, and there is \"}\"");
  fails(parse_workflow("digraph g {\n a\n"), "line 3: a task, an edge or \"}\" was expected, and there is the end");
  fails(parse_workflow("digraph g { a [size=x] }"), "line 1, size of \"a\": a number was expected, and there is \"x\"");
  fails(parse_workflow("digraph g { a [duration=-1] }"), "duration of \"a\": a number of at least 0 was expected, and there is \"-1\"");
  fails(parse_workflow("digraph g { a [size 3] }"), "\"=\" was expected, and there is \"3\"");
  fails(parse_workflow("digraph g { subgraph x { a } }"), "subgraphs are not supported");
  fails(parse_workflow("digraph g { a -- b }"), "and there is \"-\"");
  fails(parse_workflow("digraph g { \"a }"), "the quoted text has no end");
  fails(parse_workflow("digraph g { a /* }"), "the comment has no end");
  fails(parse_workflow("digraph g { } x"), "the end was expected, and there is \"x\"");
  fails(parse_workflow("dgraph g { }"), "\"digraph\" was expected, and there is \"dgraph\"");
  fails(parse_workflow("digraph g { a -> b; b -> a }"), "the graph has a cycle");
}

BOOST_AUTO_TEST_CASE(kinds_are_names_without_their_numbers) {
  for (const auto& [name, kind] : {std::pair("mDiffFit-12", "mDiffFit"), std::pair("mDiffFit_ID0000012", "mDiffFit"), std::pair("train7", "train"), std::pair("split", "split"), std::pair("12", ""),
                                   std::pair("step.3", "step")})
    BOOST_TEST(kind_of(name) == kind);
}

BOOST_AUTO_TEST_SUITE_END()
