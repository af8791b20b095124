// What does not fit is told in a sentence and leaves nothing behind, between processes. What one command line can get wrong is in
// cli_test.cpp, what one program can get wrong in tests/client/bad_input_test.cpp.
#include "command.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

namespace {
using namespace tessera::test;
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;

std::int64_t absent(std::int64_t) { throw std::logic_error("no node has it"); }
TESSERA_OPERATION(absent);
}  // namespace

BOOST_AUTO_TEST_SUITE(tools_bad_input)

BOOST_AUTO_TEST_CASE(an_operation_that_no_node_has_is_named) {
  Folder folder;
  Running head(folder, "head", "coordinator --listen '127.0.0.1:*' --output json");
  Running node(folder, "node", "node " + head.address() + " --threads 1 --output json");
  node.first_line();
  {
    auto cluster = Cluster::connect(head.address());
    const auto future = cluster.submit(absent, std::int64_t{1});
    try {
      future.get();
      BOOST_TEST(false);
    } catch (const Error& error) {
      const std::string words = error.what();
      BOOST_TEST((error.code() == ErrorCode::unknown_operation), words);
      BOOST_TEST(words.find("\"absent\" is registered on no node") != std::string::npos, words);
      BOOST_TEST(words.find("--plugin") != std::string::npos, words);
    }
  }
  node.interrupt();
  BOOST_TEST(node.end() == 0);
  head.interrupt();
  BOOST_TEST(head.end() == 0);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_where_one_member_has_a_file_already) {
  Folder folder;
  BOOST_TEST(run("cluster init " + folder.path.string() + " --member b").code == 0);
  const Ended again = run("cluster init " + folder.path.string() + " --member a --member b");
  BOOST_TEST(again.code == 5);
  BOOST_TEST(!fs::exists(folder / "a.keys"));
}

BOOST_AUTO_TEST_CASE(a_damaged_key_file_is_named_with_what_is_wrong) {
  Folder folder;
  BOOST_TEST(run("cluster init " + folder.path.string() + " --member a").code == 0);
  const std::string whole = content(folder / "a.keys");
  const auto refused = [&](const std::string& bytes) {
    std::ofstream(folder / "broken.keys", std::ios::binary) << bytes;
    fs::permissions(folder / "broken.keys", fs::perms::owner_read | fs::perms::owner_write);
    const Ended ended = run("coordinator --listen '127.0.0.1:*' --keys " + (folder / "broken.keys"));
    BOOST_TEST(ended.code == 5, "ended with " << ended.code << ": " << ended.text);
    BOOST_TEST(says(ended, "broken.keys"), ended.text);
  };
  refused("");
  refused(whole.substr(0, whole.size() / 2));
  refused("{\"format\": \"tessera-keys-9\"}");
  refused("\x7f" "ELF");
}

BOOST_AUTO_TEST_SUITE_END()
