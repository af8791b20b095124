#include "io/netcdf/cube.hpp"

#include "serialization/cereal.hpp"
#include "tests/io/netcdf/classic.hpp"
#include "tests/io/support.hpp"

#include <thread>

using namespace tessera::io;
using namespace tessera::io::netcdf;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
std::vector<std::string> files_of(const std::string& name) {
  if (name == "goes") return {source("tests/data/netcdf/20171025_2056.Cloud_Top_Height.nc")};
  std::vector<std::string> paths;
  for (const auto& one : std::filesystem::directory_iterator(source(name == "hadgem3" ? "tests/data/netcdf" : "examples/data/hadgem2-es")))
    if (name != "hadgem3" || one.path().filename().string().starts_with("pr_Amon")) paths.push_back(one.path().string());
  return paths;
}
Block whole(const Cube& cube) {
  const Shape shape = cube.variable.shape();
  return must(read(cube.box(Shape(shape.size(), 0), shape), shape));
}
Dataset opened(const std::vector<std::string>& paths) {
  return must(open(paths));
}
Dataset opened(const Folder& folder, const Classic& file) { return opened({put(folder / "a.nc", bytes_of(file))}); }
}  // namespace

BOOST_AUTO_TEST_SUITE(io_netcdf_cube)

BOOST_AUTO_TEST_CASE(every_cube_is_that_of_xarray_to_the_bit) {
  const auto all = golden("netcdf");
  for (const auto& [name, expected] : all.items()) BOOST_TEST_CONTEXT(name) {
    const Dataset dataset = opened(files_of(name));
    BOOST_TEST(dataset.cubes.size() == expected["cubes"].size());
    for (const auto& one : expected["cubes"]) {
      const auto at = std::ranges::find(dataset.cubes, one["name"].get<std::string>(), [](const Cube& cube) { return cube.variable.name; });
      BOOST_TEST_REQUIRE((at != dataset.cubes.end()));
      check_description(at->variable, one);
      check_values(whole(*at), one);
    }
  }
}

BOOST_AUTO_TEST_CASE(attributes_stay_but_for_those_that_were_obeyed) {
  const Dataset dataset = opened(files_of("goes"));
  const Attributes& attributes = dataset.cubes[0].variable.attributes;
  for (const char* gone : {"_FillValue", "scale_factor", "add_offset", "_Unsigned", "coordinates"}) BOOST_TEST(!attributes.contains(gone), gone);
  BOOST_TEST(text_of(attributes, "long_name") == "ABI L2+ Cloud Top Height");
  BOOST_TEST((std::get<std::vector<double>>(attributes.at("valid_range")) == std::vector<double>{0, -6}));
  BOOST_TEST(text_of(dataset.attributes, "platform_ID") == "G16");
}

BOOST_AUTO_TEST_CASE(any_box_is_a_part_of_the_whole) {
  const Dataset dataset = opened(files_of("hadgem3"));
  const Cube& cube = dataset.cubes[0];  // 14 months in two files, 4 x 5 points.
  const Block all = whole(cube);
  for (std::int64_t start = 0; start < 14; ++start)
    for (std::int64_t count = 1; count <= 14 - start; ++count) {
      const auto slabs = cube.box(Shape{start, 1, 2}, Shape{count, 3, 2});
      BOOST_TEST(slabs.size() == (start < 2 && start + count > 2 ? 2u : 1u));
      const auto block = read(slabs, Shape{count, 3, 2});
      BOOST_REQUIRE(block);
      for (std::int64_t t = 0; t < count; ++t)
        for (std::int64_t y = 0; y < 3; ++y)
          for (std::int64_t x = 0; x < 2; ++x)
            BOOST_TEST_REQUIRE(block->data<float>()[static_cast<std::size_t>((t * 3 + y) * 2 + x)] ==
                               all.data<float>()[static_cast<std::size_t>(((start + t) * 4 + 1 + y) * 5 + 2 + x)]);
    }
  const auto nothing = read(cube.box(Shape{14, 0, 0}, Shape{0, 4, 5}), Shape{0, 4, 5});
  BOOST_REQUIRE(nothing);
  BOOST_TEST((nothing->dtype() == Dtype::float32));
  BOOST_TEST(nothing->size() == 0);
}

BOOST_AUTO_TEST_CASE(coordinates_bounds_scalars_and_text_are_no_cubes) {
  const Folder folder;
  const Dataset dataset = opened(
      folder, {{{"x", 2}, {"two", 2}},
               {{"x", Type::float32, {"x"}, {1, 2}, {{"bounds", "x_bounds"}}},
                {"x_bounds", Type::float32, {"x", "two"}, {0, 1, 1, 2}},
                {"height", Type::float64, {}, {1.5}},
                {"label", Type::text, {"x"}, {'a', 'b'}},
                {"area", Type::float64, {"x"}, {4, 5}},
                {"field", Type::int32, {"x"}, {7, 8}, {{"coordinates", "height area"}}},
                {"other", Type::byte, {"two"}, {1, 2}, {{"coordinates", "height field gone"}}}}});
  BOOST_TEST_REQUIRE(dataset.cubes.size() == 2u);
  BOOST_TEST(dataset.cubes[0].variable.name == "field");  // The list that names it has one that is not there.
  BOOST_TEST((whole(dataset.cubes[0]) == Block::of<std::int32_t>({2}, {7, 8})));
  BOOST_TEST((whole(dataset.cubes[1]) == Block::of<std::int8_t>({2}, {1, 2})));
  BOOST_TEST_REQUIRE(dataset.warnings.size() == 1u);
  BOOST_TEST(contains(dataset.warnings[0], "variable label of"));
}

BOOST_AUTO_TEST_CASE(a_dimension_without_values_counts) {
  const Folder folder;
  const Dataset dataset = opened(folder, {{{"cell", 3}}, {{"field", Type::float64, {"cell"}, {7, 8, 9}}}});
  BOOST_TEST((dataset.cubes[0].variable.dimensions[0].values == Block::of<std::int64_t>({3}, {0, 1, 2})));
  BOOST_TEST(dataset.cubes[0].variable.dimensions[0].attributes.empty());
}

BOOST_AUTO_TEST_CASE(packed_coordinates_are_decoded) {
  const Folder folder;
  const Dataset dataset = opened(folder, {{{"x", 2}},
                                          {{"x", Type::int16, {"x"}, {1, 2}, {{"scale_factor", 0.5}, {"units", "m"}}},
                                           {"field", Type::float64, {"x"}, {7, 8}}}});
  BOOST_TEST((dataset.cubes[0].variable.dimensions[0].values == Block::of<float>({2}, {0.5F, 1})));
}

BOOST_AUTO_TEST_CASE(a_variable_whose_attributes_make_no_sense_is_left_out) {
  const Folder folder;
  const Dataset dataset = opened(folder, {{{"x", 2}},
                                          {{"bad", Type::int16, {"x"}, {1, 2}, {{"scale_factor", "half"}}},
                                           {"good", Type::int16, {"x"}, {1, 2}}}});
  BOOST_TEST(dataset.cubes.size() == 1u);
  BOOST_TEST_REQUIRE(dataset.warnings.size() == 1u);
  BOOST_TEST(contains(dataset.warnings[0], "variable bad"));
  BOOST_TEST(contains(dataset.warnings[0], "scale_factor is the text \"half\""));
}

BOOST_AUTO_TEST_CASE(bad_files_are_refused_with_a_sentence) {
  const Folder folder;
  const auto said = [](const std::string& path) { return refusal(open({path}), ErrorCode::bad_input); };
  BOOST_TEST(contains(said(folder / "none.nc"), "there is no file"));
  BOOST_TEST(contains(said(folder.path.string()), "is a folder"));
  BOOST_TEST(contains(said(put(folder / "empty.nc", "")), "netCDF"));
  BOOST_TEST(contains(said(source("tests/data/README.md")), "is not netCDF"));
  BOOST_TEST(contains(said(source("examples/data/era5-levels-members.grib")), "is not netCDF"));
  BOOST_TEST(contains(said("https://example.org/a.nc#mode=bytes"), "there is no file"));
  BOOST_TEST(contains(said(put(folder / "none_in_it.nc", bytes_of({}))), "nothing in"));
  BOOST_TEST(contains(refusal(open({}), ErrorCode::invalid_argument), "no file is named"));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_off_is_refused_and_never_read_as_zeros) {
  const Folder folder;
  for (const std::string& path : {files_of("goes")[0], files_of("hadgem3")[0], files_of("hadgem2-es")[0]}) {
    const std::string bytes = content(path);
    for (const std::size_t size : {bytes.size() - 1000, bytes.size() / 2, std::size_t{600}, std::size_t{100}, std::size_t{9}}) {
      const std::string message = refusal(open({put(folder / "cut.nc", bytes.substr(0, size))}), ErrorCode::bad_input);
      BOOST_TEST(contains(message, "cut"), message);
    }
  }
}

BOOST_AUTO_TEST_CASE(noise_in_a_file_is_a_failure_or_other_values_and_never_a_crash) {
  const Folder folder;
  const std::string bytes = content(files_of("hadgem2-es")[0]);
  for (std::size_t at = 4; at < 2000; at += 3) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0xff);
    const auto dataset = open({put(folder / "a.nc", broken)});
    if (!dataset) continue;
    for (const Cube& one : dataset->cubes) (void)!read(one.box(Shape(one.variable.shape().size(), 0), one.variable.shape()), one.variable.shape());
  }
}

BOOST_AUTO_TEST_CASE(a_broken_chunk_is_a_failure_that_names_file_and_variable) {
  const Folder folder;
  std::string bytes = content(files_of("goes")[0]);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 3), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), '\xa5');
  const auto dataset = open({put(folder / "broken.nc", bytes)});
  BOOST_REQUIRE(dataset);
  bool failed = false;
  for (const Cube& one : dataset->cubes) {
    const Shape shape = one.variable.shape();
    const auto block = read(one.box(Shape(shape.size(), 0), shape), shape);
    if (block) continue;
    failed = true;
    BOOST_TEST(contains(block.failure().message, "cannot read variable " + one.variable.name + " of " + (folder / "broken.nc")));
  }
  BOOST_TEST(failed);
}

BOOST_AUTO_TEST_CASE(slabs_that_do_not_fit_are_refused) {
  const Dataset dataset = opened(files_of("hadgem3"));
  const auto slabs = dataset.cubes[0].box(Shape{0, 0, 0}, Shape{14, 4, 5});
  BOOST_TEST(contains(refusal(read(slabs, Shape{14, 4, 6}), ErrorCode::invalid_argument), "280 values"));
  BOOST_TEST(contains(refusal(read(slabs, Shape{14, 20}), ErrorCode::invalid_argument), "does not lie in"));
  BOOST_TEST(contains(refusal(read({}, Shape{1}), ErrorCode::invalid_argument), "0 slabs"));
  auto gone = slabs;
  gone[0].variable = "pressure";
  BOOST_TEST(contains(refusal(read(gone, Shape{14, 4, 5}), ErrorCode::bad_input), "has no variable pressure"));
  gone = slabs;
  gone[0].start[0] = 13;
  BOOST_TEST(contains(refusal(read(gone, Shape{14, 4, 5}), ErrorCode::bad_input), "there is no box of"));
}

BOOST_AUTO_TEST_CASE(slabs_travel_to_tasks) {
  using namespace tessera::serialization;
  const std::vector<Slab> slabs{{"/data/a.nc", "tas", {0, 1}, {2, 3}, {4, 5}}, {}};
  const auto back = decode_value<std::vector<Slab>>(encode_value(slabs));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == slabs));
}

BOOST_AUTO_TEST_CASE(threads_read_the_same_values) {
  const Dataset dataset = opened(files_of("hadgem3"));
  const std::uint32_t expected = checksum(whole(dataset.cubes[0]));
  std::vector<std::uint32_t> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : seen)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) mine = checksum(*read(dataset.cubes[0].box(Shape{0, 0, 0}, Shape{14, 4, 5}), Shape{14, 4, 5}));
      });
  }
  for (const auto one : seen) BOOST_TEST(one == expected);
}

BOOST_AUTO_TEST_SUITE_END()
