// The suite starts itself again as node processes.
#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_MODULE tessera
#include "client/processes.hpp"

#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  return boost::unit_test::unit_test_main(init_unit_test, argc, argv);
}
