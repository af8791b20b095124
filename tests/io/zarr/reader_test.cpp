#include "io/cf.hpp"
#include "io/zarr/store.hpp"
#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::zarr;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
const std::string carried = source("tests/data/zarr/air_temperature.zarr");

const Array& array_in(const Store& store, const std::string& name) {
  const auto at = std::ranges::find(store.arrays, name, &Array::name);
  BOOST_REQUIRE((at != store.arrays.end()));
  return *at;
}
Store opened(const std::string& path) { return must(open(path)); }
std::string said(const std::string& path) { return refusal(open(path), ErrorCode::bad_input); }

/// A store with one array that is described so, and chunks.
std::string store_of(const Folder& folder, const nlohmann::json& changes, const std::map<std::string, std::string>& chunks = {}) {
  auto zarray = nlohmann::json::parse(R"({"chunks": [2, 2], "compressor": null, "dtype": "<i2", "fill_value": null, "filters": null,
      "order": "C", "shape": [3, 4], "zarr_format": 2})");
  if (!changes.is_null()) zarray.update(changes);
  const std::string path = folder / "made.zarr";
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path + "/a");
  put(path + "/.zgroup", R"({"zarr_format": 2})");
  put(path + "/a/.zarray", zarray.dump());
  for (const auto& [name, bytes] : chunks) {
    std::filesystem::create_directories(std::filesystem::path(path + "/a/" + name).parent_path());
    put(path + "/a/" + name, bytes);
  }
  return path;
}
std::string warned(const nlohmann::json& changes) {
  const Folder folder;
  const Store store = opened(store_of(folder, changes));
  BOOST_TEST(store.arrays.empty());
  BOOST_TEST_REQUIRE(store.warnings.size() == 1u);
  BOOST_TEST(contains(store.warnings[0], "array a is left out"), store.warnings[0]);
  return store.warnings[0];
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_zarr_reader)

BOOST_AUTO_TEST_CASE(a_store_of_xarray_is_read_to_the_bit) {
  const auto expected = golden("zarr");
  const Store store = opened(carried);
  BOOST_TEST(store.warnings.empty());
  BOOST_TEST(store.arrays.size() == 4u);
  BOOST_TEST(text_of(store.attributes, "platform") == "Model");
  const Array& air = array_in(store, "air");
  BOOST_TEST((air.dimensions == std::vector<std::string>{"time", "lat", "lon"}));
  BOOST_TEST((air.grid() == Shape{4, 2, 2}));
  for (const auto& [name, index] : {std::pair<std::string, Shape>{"first", {0, 0, 0}}, {"last", {3, 1, 1}}}) {
    const auto chunk = read_chunk(carried, air, index);
    BOOST_REQUIRE(chunk);
    BOOST_TEST((Shape(chunk->shape().begin(), chunk->shape().end()) == expected[name]["shape"].get<Shape>()));
    BOOST_TEST(checksum(*chunk) == expected[name]["checksum"].get<std::uint32_t>());
    Attributes attributes = air.attributes;
    const auto packing = take_packing(attributes, air.dtype);
    BOOST_REQUIRE(packing);
    BOOST_TEST(to_string(packing->decoded) == expected[name]["decoded_dtype"].get<std::string>());
    BOOST_TEST(checksum(decode(*packing, *chunk)) == expected[name]["decoded_checksum"].get<std::uint32_t>());
  }
  const auto lat = read(carried, array_in(store, "lat"), Shape{0}, Shape{25});
  BOOST_REQUIRE(lat);
  BOOST_TEST(numbers(*lat) == expected["lat"].get<std::vector<double>>(), boost::test_tools::per_element());
  BOOST_TEST(read(carried, array_in(store, "time"), Shape{2919}, Shape{1})->data<float>()[0] == expected["time_last"].get<float>());
}

BOOST_AUTO_TEST_CASE(a_box_takes_its_part_of_each_chunk) {
  const Store store = opened(carried);
  const Array& air = array_in(store, "air");
  // The chunks beside the first are left out of this copy: their values are 0, as there is no fill value.
  const auto box = read(carried, air, Shape{728, 11, 25}, Shape{4, 4, 4}), first = read_chunk(carried, air, Shape{0, 0, 0});
  BOOST_REQUIRE(box && first);
  for (std::size_t t = 0; t < 4; ++t)
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 4; ++x) {
        const bool inside = t < 2 && y < 2 && x < 2;
        const std::int16_t expected = inside ? first->data<std::int16_t>()[((728 + t) * 13 + 11 + y) * 27 + 25 + x] : std::int16_t{0};
        BOOST_TEST(box->data<std::int16_t>()[(t * 4 + y) * 4 + x] == expected);
      }
  BOOST_TEST(read(carried, air, Shape{2920, 0, 0}, Shape{0, 5, 5})->size() == 0);
  BOOST_TEST(contains(refusal(read(carried, air, Shape{2920, 0, 0}, Shape{1, 5, 5}), ErrorCode::invalid_argument), "there is no box"));
  BOOST_TEST(contains(refusal(read_chunk(carried, air, Shape{4, 0, 0}), ErrorCode::invalid_argument), "there is no chunk"));
}

BOOST_AUTO_TEST_CASE(a_store_without_consolidated_metadata_is_read_from_its_folders) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  std::filesystem::copy(carried, path, std::filesystem::copy_options::recursive);
  const Store with = opened(path);
  std::filesystem::remove(path + "/.zmetadata");
  const Store without = opened(path);
  BOOST_TEST((with.arrays == without.arrays));
  BOOST_TEST((with.attributes == without.attributes));
}

BOOST_AUTO_TEST_CASE(names_of_chunks_with_slashes_and_a_fill_value_are_understood) {
  const Folder folder;
  const std::string bytes("\1\0\2\0\3\0\4\0", 8);
  const std::string path = store_of(folder, {{"dimension_separator", "/"}, {"fill_value", -9}}, {{"0/1", bytes}});
  const Array array = opened(path).arrays.at(0);
  BOOST_TEST((array.dimensions == std::vector<std::string>{"dim_0", "dim_1"}));
  BOOST_TEST((*read(path, array, Shape{0, 0}, Shape{3, 4}) ==
              Block::of<std::int16_t>({3, 4}, {-9, -9, 1, 2, -9, -9, 3, 4, -9, -9, -9, -9})));
}

BOOST_AUTO_TEST_CASE(fills_are_read_in_all_their_spellings) {
  const Folder folder;
  const auto fill = [&](const nlohmann::json& value) { return opened(store_of(folder, {{"dtype", "<f8"}, {"fill_value", value}})).arrays.at(0).fill; };
  BOOST_TEST(std::isnan(fill("NaN").value()));
  BOOST_TEST(fill("-Infinity").value() == -std::numeric_limits<double>::infinity());
  BOOST_TEST(fill(1.5).value() == 1.5);
  BOOST_TEST(!fill(nullptr));
}

BOOST_AUTO_TEST_CASE(bare_words_of_python_in_attributes_are_read) {
  const Folder folder;
  const std::string path = store_of(folder, {});
  put(path + "/a/.zattrs", R"({"missing_value": NaN, "list": [1, -Infinity], "text": "a \"NaN\" here", "inner": {"a": 1}})");
  const Array array = opened(path).arrays.at(0);
  BOOST_TEST(text_of(array.attributes, "missing_value") == "NaN");
  BOOST_TEST(text_of(array.attributes, "text") == "a \"NaN\" here");
  BOOST_TEST(std::get<std::vector<double>>(array.attributes.at("list")).at(1) == -std::numeric_limits<double>::infinity());
  BOOST_TEST(!array.attributes.contains("inner"));
}

BOOST_AUTO_TEST_CASE(arrays_that_cannot_be_read_are_left_out_with_the_reason) {
  BOOST_TEST(contains(warned({{"zarr_format", 3}}), "its format is 3"));
  BOOST_TEST(contains(warned({{"order", "F"}}), "C order"));
  BOOST_TEST(contains(warned({{"filters", {{{"id", "delta"}}}}}), "filters"));
  BOOST_TEST(contains(warned({{"compressor", {{"id", "zlib"}}}}), "its compressor is"));
  BOOST_TEST(contains(warned({{"dtype", ">f4"}}), "its dtype is \">f4\""));
  BOOST_TEST(contains(warned({{"dtype", "|O"}}), "its dtype is \"|O\""));
  BOOST_TEST(contains(warned({{"dtype", nullptr}}), "its dtype is null"));
  BOOST_TEST(contains(warned({{"dimension_separator", "-"}}), "are named with"));
  BOOST_TEST(contains(warned({{"shape", {3, -4}}}), "no lengths"));
  BOOST_TEST(contains(warned({{"shape", "big"}}), "no lengths"));
  BOOST_TEST(contains(warned({{"shape", {1e30, 1}}}), "no lengths"));
  BOOST_TEST(contains(warned({{"chunks", {0, 2}}}), "at least 1"));
  BOOST_TEST(contains(warned({{"chunks", {2}}}), "chunks of 1"));
  BOOST_TEST(contains(warned({{"chunks", {1 << 20, 1 << 20}}}), "2 GB"));
  BOOST_TEST(contains(warned({{"fill_value", "none"}}), "its fill value"));
}

BOOST_AUTO_TEST_CASE(what_is_no_store_is_refused_with_a_sentence) {
  const Folder folder;
  BOOST_TEST(contains(said(folder / "none.zarr"), "there is no store"));
  BOOST_TEST(contains(said(folder.path.string()), "has no .zgroup"));
  BOOST_TEST(contains(said(source("tests/data/README.md")), "is a file"));
  BOOST_TEST(contains(said(carried + "/air"), "is a single Zarr array"));
  std::filesystem::create_directories(folder / "v3.zarr");
  put(folder / "v3.zarr/zarr.json", "{}");
  BOOST_TEST(contains(said(folder / "v3.zarr"), "version 3"));
  const std::string path = store_of(folder, {});
  for (const char* text : {"", "{", "[]", "{\"zarr_consolidated_format\": 2}", "{\"zarr_consolidated_format\": 1, \"metadata\": 7}"}) {
    put(path + "/.zmetadata", text);
    BOOST_TEST(contains(said(path), ".zmetadata is not"), text);
  }
}

BOOST_AUTO_TEST_CASE(names_that_lead_out_of_the_store_are_not_followed) {
  const Folder folder;
  const std::string path = store_of(folder, {});
  const std::string zarray = content(path + "/a/.zarray");
  put(path + "/.zmetadata", R"({"zarr_consolidated_format": 1, "metadata": {"../a/.zarray": )" + zarray + R"(, "g/a/.zarray": )" + zarray + "}}");
  const Store store = opened(path);
  BOOST_TEST(store.arrays.empty());
  BOOST_TEST(store.warnings.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_chunk_that_is_broken_or_cut_off_is_refused) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  std::filesystem::copy(carried, path, std::filesystem::copy_options::recursive);
  const Array lat = array_in(opened(path), "lat");
  const std::string bytes = content(carried + "/lat/0");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    put(path + "/lat/0", bytes.substr(0, size));
    BOOST_TEST(contains(refusal(read_chunk(path, lat, Shape{0}), ErrorCode::bad_input), "broken or cut off"));
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {  // Noise is refused or gives other values.
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0xff);
    put(path + "/lat/0", broken);
    const auto chunk = read_chunk(path, lat, Shape{0});
    BOOST_TEST((!chunk || chunk->size() == 25));
  }
  const std::string raw = store_of(folder, {}, {{"0.0", std::string(7, 'x')}});
  BOOST_TEST(contains(refusal(read_chunk(raw, opened(raw).arrays.at(0), Shape{0, 0}), ErrorCode::bad_input), "holds 7 bytes, not the 8"));
  std::filesystem::remove_all(path + "/lat");
  BOOST_TEST(contains(refusal(read_chunk(path, lat, Shape{0}), ErrorCode::bad_input), "there is no array lat"));
}

BOOST_AUTO_TEST_SUITE_END()
