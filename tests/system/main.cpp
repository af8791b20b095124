// The suite starts itself again as node processes.
#include "client/processes.hpp"

#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
