// What one command line of `tessera simulate` can get wrong: the sentence names the file or the option, and the exit code is of README's table.
#include "tests/tools/command.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tessera::test;

namespace {
const std::string layered = "simulate --generate layered:width=4,steps=4 ";

void refused(const std::string& command, int code, const std::string& words) {
  const Ended ended = run(command);
  BOOST_TEST(ended.code == code, command << " ended with " << ended.code << ": " << ended.text);
  BOOST_TEST(says(ended, words), ended.text);
}
std::string written(const Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder / name, std::ios::binary) << text;
  return folder / name;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(tools_simulate_bad_input)

BOOST_AUTO_TEST_CASE(a_folder_is_no_file) {
  const Folder folder;
  const std::string path = folder.path.string();
  for (const std::string command : {"simulate --workflow ", "simulate --case ", "simulate --grid ", "simulate replay "})
    refused(command + path, 5, path + " cannot be read: it is a folder");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named_with_the_reason) {
  for (const std::string command : {"simulate --workflow ", "simulate --case ", "simulate --grid ", "simulate replay "})
    refused(command + "/nowhere/it", 5, "/nowhere/it cannot be read: No such file or directory");
  const Folder folder;
  const std::string cluster = written(folder, "cluster.json", R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "cpus": 2}], "network": {"bandwidth": 100}})");
  refused(layered + "--scheduler blevel --cluster " + cluster + " --job 30:nope.json", 2, "there is no file \"nope.json\"");
}

BOOST_AUTO_TEST_CASE(what_is_no_workflow_at_all_is_said_with_what_there_could_be) {
  const Folder folder;
  for (const char* text : {"struct Nearest {};", "// a program", "hello"})
    refused("simulate --workflow " + written(folder, "it.cpp", text), 5, "it.cpp: it is no workflow in JSON (WfFormat), XML (DAX) or DOT (a digraph): ");
  refused(layered + "--scheduler nearest", 2, "a plug-in's is known when the plug-in was loaded (--plugin)");
}

BOOST_AUTO_TEST_CASE(an_empty_path_is_none) {
  for (const char* command : {"simulate --workflow ", "simulate --grid ", "simulate replay ", "local --record ", "node tcp://127.0.0.1:1 --spill-dir ", "simulate --generate chain --scheduler blevel --html "})
    refused(std::string(command) + "''", 2, "its path is empty");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_grid_file_is_told_with_its_name) {
  const Folder folder;
  const auto grid = [&](const std::string& fields) { return written(folder, "grid.json", R"({"format": "tessera.grid/1", "scheduler": ["blevel"], )" + fields + "}"); };
  refused("simulate --grid " + grid(R"("graphs": [{"generate": "layered"}], "nodes": ["3y2"])"), 5, "grid.json: nodes: \"3y2\"");
  refused("simulate --grid " + grid(R"("graphs": [{"generate": "nothing"}])"), 5, "grid.json: nothing: there is no family of graphs");
}

BOOST_AUTO_TEST_CASE(there_must_be_a_run_to_explain) {
  refused(layered + "--explain 3", 2, "name a --scheduler");
  refused(layered + "--critical-path", 2, "name a --scheduler");
}

BOOST_AUTO_TEST_CASE(a_plugin_that_does_not_fit_is_refused_as_by_a_node) {
  refused("simulate --plugin /nowhere/plugin.so --generate chain", 4, "there is no such file");
}

BOOST_AUTO_TEST_CASE(of_a_policy_that_fails_everywhere_no_ratio_is_shown) {
  const Ended text = run("simulate --generate chain:tasks=3 --nodes 1x1,2x1 --scheduler broken,blevel --plugin " TESSERA_PLUGIN_POLICY);
  BOOST_TEST(text.code == 1);
  BOOST_TEST(says(text, "it never decides"), text.text);
  const auto line = text.text.substr(text.text.find("\nbroken"));
  BOOST_TEST(line.substr(0, line.find('\n', 1)).find('.') == line.npos, line);
}

BOOST_AUTO_TEST_SUITE_END()
