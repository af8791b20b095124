#include <boost/test/unit_test.hpp>

namespace {
bool begin() {
  boost::unit_test::framework::master_test_suite().p_name.value = "tessera";
  return true;
}
}  // namespace

int main(int argc, char** argv) { return boost::unit_test::unit_test_main(&begin, argc, argv); }
