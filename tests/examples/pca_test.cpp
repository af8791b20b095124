// Principal components as a user runs the example: what it finds in a field of known parts, and what it refuses.
#include "tests/examples/programs.hpp"

namespace {
using namespace programs;
const std::string pca = PCA;
}  // namespace

BOOST_AUTO_TEST_SUITE(examples_pca)

BOOST_AUTO_TEST_CASE(the_components_are_the_parts_of_the_field_and_are_drawn) {
  Folder folder;
  const std::string small = " --latitudes 20 --longitudes 30 --months 120 --output " + (folder / "out");
  const Ended ended = run(pca + small + " --local 1");
  BOOST_TEST(ended.code == 0, ended.text);
  BOOST_TEST(ended.says("600 places, 120 months, in 10 chunks"), ended.text);
  BOOST_TEST(ended.says("component 1: 69."), ended.text);  // What the year's course has of the whole, and
  BOOST_TEST(ended.says("component 2: 4."), ended.text);   // the oscillation; the rest is weather.
  for (const char* name : {"component-1.png", "component-2.png", "series.png"}) BOOST_TEST(content(folder / ("out/" + std::string(name))).starts_with("\x89PNG"), name);
  BOOST_TEST(run(pca + small + " --local 3").text == ended.text);
}

BOOST_AUTO_TEST_CASE(what_it_cannot_do_it_says) {
  Folder folder;
  BOOST_TEST(run(pca + " --components 0 --output " + (folder / "out")).code == 2);
  const Ended few = run(pca + " --months 2 --components 3 --output " + (folder / "out"));
  BOOST_TEST(few.code == 2);
  BOOST_TEST(few.says("2 months have at most as many components, not 3"), few.text);
  BOOST_TEST(!fs::exists(folder / "out"));
}

BOOST_AUTO_TEST_SUITE_END()
