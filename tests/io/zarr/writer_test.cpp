#include "io/zarr/store.hpp"
#include "serialization/cereal.hpp"
#include "tests/io/support.hpp"

#include <fmt/format.h>

using namespace tessera::io;
using namespace tessera::io::zarr;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Array field_of(Shape shape, Shape chunks) {
  Array array{"field", Dtype::float32, std::move(shape), std::move(chunks), {}, not_a_number, {{"units", "K"}}};
  for (std::size_t d = 0; d < array.shape.size(); ++d) array.dimensions.push_back("d" + std::to_string(d));
  return array;
}
Block counting(const Shape& shape) {
  return Block::make<float>(tessera::arrays::ShapeView(shape), [](std::span<float> to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(i) + 0.5F;
  });
}
std::string sentence(const tessera::runtime::Result<void>& done, ErrorCode code = ErrorCode::io_failed) { return refusal(done, code); }

/// A whole store of one field.
void make(const std::string& path, const Block& block, Existing existing = Existing::refuse) {
  const Array array = field_of({block.shape().begin(), block.shape().end()}, Shape(block.rank(), 2));
  must(create(path, {array}, {}, existing));
  must(write(path, array, block));
  must(finish(path));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_zarr_writer)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again_for_every_type_and_shape) {
  const Folder folder;
  int count = 0;
  for (std::uint8_t type = 0; type < tessera::arrays::real_dtype_count; ++type)
    for (const auto& [shape, chunks] : {std::pair<Shape, Shape>{{5, 7}, {2, 3}}, {{6}, {6}}, {{}, {}}, {{0, 3}, {1, 3}}, {{2, 3, 4}, {9, 1, 4}}})
      for (const bool compressed : {true, false}) {
        Array array = field_of(shape, chunks);
        array.dtype = static_cast<Dtype>(type);
        array.compressed = compressed;
        if (type < 9) array.fill.reset();
        const Block block = tessera::arrays::with_real_type(array.dtype, [&]<class T>() {
          return Block::make<T>(tessera::arrays::ShapeView(shape), [](std::span<T> to) {
            for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(i % 3);
          });
        });
        const std::string path = folder / fmt::format("{}.zarr", count++);
        must(create(path, {array}, {{"title", "a store"}}, Existing::refuse));
        must(write(path, array, block));
        must(finish(path));
        const auto store = open(path);
        BOOST_REQUIRE(store);
        BOOST_TEST(store->warnings.empty());
        BOOST_TEST_REQUIRE(store->arrays.size() == 1u);
        BOOST_TEST((store->arrays[0] == array));
        BOOST_TEST(text_of(store->attributes, "title") == "a store");
        const auto back = read(path, store->arrays[0], Shape(shape.size(), 0), shape);
        BOOST_REQUIRE(back);
        BOOST_TEST((*back == block));
      }
}

BOOST_AUTO_TEST_CASE(the_metadata_is_what_xarray_writes) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  const Array array = field_of({5, 7}, {2, 3});
  must(create(path, {array}, {{"number", std::int64_t{3}}, {"list", std::vector<double>{1, 2.5}}}, Existing::refuse));
  must(write(path, array, counting({5, 7})));
  must(finish(path));
  using nlohmann::json;
  const json zarray = json::parse(content(path + "/field/.zarray"));
  const json expected = json::parse(R"({"chunks": [2, 3], "compressor": {"blocksize": 0, "clevel": 5, "cname": "lz4", "id": "blosc",
      "shuffle": 1}, "dtype": "<f4", "fill_value": "NaN", "filters": null, "order": "C", "shape": [5, 7], "zarr_format": 2})");
  BOOST_TEST((zarray == expected), zarray.dump());
  BOOST_TEST((json::parse(content(path + "/field/.zattrs")) == json::parse(R"({"_ARRAY_DIMENSIONS": ["d0", "d1"], "units": "K"})")));
  BOOST_TEST((json::parse(content(path + "/.zgroup")) == json::parse(R"({"zarr_format": 2})")));
  const json all = json::parse(content(path + "/.zmetadata"));
  BOOST_TEST(all["zarr_consolidated_format"] == 1);
  BOOST_TEST((all["metadata"]["field/.zarray"] == expected));
  BOOST_TEST((all["metadata"][".zattrs"] == json::parse(R"({"list": [1.0, 2.5], "number": 3})")));
  BOOST_TEST(all["metadata"].size() == 4u);
  BOOST_TEST(std::filesystem::file_size(path + "/field/2.2") > 0u);
  BOOST_TEST(folder.names() == std::vector<std::string>{"a.zarr"});
}

BOOST_AUTO_TEST_CASE(a_chunk_at_the_edge_is_stored_whole_and_padded_with_the_fill) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  Array array = field_of({3}, {2});
  array.compressed = false;
  array.fill = 7;
  must(create(path, {array}, {}, Existing::refuse));
  must(write_chunk(path, array, Shape{1}, Block::of<float>({1}, {5})));
  const std::string bytes = content(path + ".part/field/1");
  BOOST_TEST_REQUIRE(bytes.size() == 8u);
  float values[2];
  std::memcpy(values, bytes.data(), 8);
  BOOST_TEST(values[0] == 5.0F);
  BOOST_TEST(values[1] == 7.0F);
}

BOOST_AUTO_TEST_CASE(nobody_sees_a_store_before_it_is_finished) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  const Array array = field_of({4}, {2});
  must(create(path, {array}, {}, Existing::refuse));
  must(write_chunk(path, array, Shape{0}, Block::of<float>({2}, {1, 2})));
  BOOST_TEST(!std::filesystem::exists(path));
  BOOST_TEST(contains(refusal(open(path), ErrorCode::bad_input), "is not finished"));
  BOOST_TEST(contains(sentence(finish(path)), "chunk 1 of"));
  BOOST_TEST(!std::filesystem::exists(path));
  must(write_chunk(path, array, Shape{1}, Block::of<float>({2}, {3, 4})));
  put(path + ".part/field/.0.77.0.part", "of an attempt that died");
  must(finish(path));
  BOOST_TEST((*read(path, array, Shape{0}, Shape{4}) == Block::of<float>({4}, {1, 2, 3, 4})));
  BOOST_TEST(!std::filesystem::exists(path + "/field/.0.77.0.part"));
}

BOOST_AUTO_TEST_CASE(a_chunk_that_is_written_again_is_replaced) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  const Array array = field_of({2}, {2});
  must(create(path, {array}, {}, Existing::refuse));
  for (const float value : {1.0F, 2.0F}) must(write_chunk(path, array, Shape{0}, Block::of<float>({2}, {value, value})));
  must(finish(path));
  BOOST_TEST((*read(path, array, Shape{0}, Shape{2}) == Block::of<float>({2}, {2, 2})));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_there_stays_unless_it_may_be_overwritten) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  make(path, counting({4}));
  const Array array = field_of({4}, {2});
  BOOST_TEST(contains(sentence(create(path, {array}, {}, Existing::refuse)), "is there: choose another name"));
  must(create(path, {array}, {}, Existing::overwrite));
  BOOST_TEST((*read(path, array, Shape{0}, Shape{4}) == counting({4})));  // The old one, while the new one is written.
  must(write(path, array, Block::of<float>({4}, {9, 9, 9, 9})));
  must(finish(path));
  BOOST_TEST((*read(path, array, Shape{0}, Shape{4}) == Block::of<float>({4}, {9, 9, 9, 9})));
  BOOST_TEST(!std::filesystem::exists(path + "/.overwrite"));
  BOOST_TEST(folder.names() == std::vector<std::string>{"a.zarr"});
}

BOOST_AUTO_TEST_CASE(what_is_no_store_is_never_overwritten) {
  const Folder folder;
  const Array array = field_of({4}, {2});
  std::filesystem::create_directories(folder / "photos");
  put(folder / "photos/cat.png", "cat");
  put(folder / "file", "text");
  for (const char* name : {"photos", "photos///", "file"})
    BOOST_TEST(contains(sentence(create(folder / name, {array}, {}, Existing::overwrite)), "is no Zarr store"), name);
  BOOST_TEST(content(folder / "photos/cat.png") == "cat");
  std::filesystem::rename(folder / "photos", folder / "a.zarr.part");
  BOOST_TEST(contains(sentence(create(folder / "a.zarr", {array}, {}, Existing::overwrite)), "a.zarr.part is there"));
  abandon(folder / "a.zarr");
  BOOST_TEST(content(folder / "a.zarr.part/cat.png") == "cat");
}

BOOST_AUTO_TEST_CASE(what_a_broken_off_run_left_is_in_the_way_until_it_may_be_overwritten) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  const Array array = field_of({4}, {2});
  must(create(path, {array}, {}, Existing::refuse));
  BOOST_TEST(contains(sentence(create(path, {array}, {}, Existing::refuse)), "another program writes it, or one was broken off"));
  must(create(path, {array}, {}, Existing::overwrite));
  abandon(path);
  BOOST_TEST(folder.names().empty());
  abandon(path);
  must(create(path, {array}, {}, Existing::refuse));
}

BOOST_AUTO_TEST_CASE(slashes_at_the_end_of_a_name_are_no_part_of_it) {
  const Folder folder;
  make((folder / "a.zarr") + "//", counting({4}));
  BOOST_TEST(folder.names() == std::vector<std::string>{"a.zarr"});
  BOOST_TEST(bool(open((folder / "a.zarr") + "/")));
}

BOOST_AUTO_TEST_CASE(chunks_that_do_not_fit_are_refused) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  const Array array = field_of({5, 4}, {2, 4});
  must(create(path, {array}, {}, Existing::refuse));
  const auto said = [&](const Shape& index, const Block& block) { return sentence(write_chunk(path, array, index, block), ErrorCode::invalid_argument); };
  BOOST_TEST(contains(said({3, 0}, counting({2, 4})), "the array has (3, 1) chunks"));
  BOOST_TEST(contains(said({0}, counting({2, 4})), "the array has (3, 1) chunks"));
  BOOST_TEST(contains(said({-1, 0}, counting({2, 4})), "the array has (3, 1) chunks"));
  BOOST_TEST(contains(said({2, 0}, counting({2, 4})), "the chunk float32 of (1, 4)"));
  BOOST_TEST(contains(said({0, 0}, Block::of<double>({2, 4}, std::vector<double>(8))), "the block is float64"));
  BOOST_TEST(contains(sentence(write(path, array, counting({5, 5})), ErrorCode::invalid_argument), "has the shape (5, 4), not (5, 5)"));
  BOOST_TEST(contains(sentence(write_chunk(folder / "none.zarr", array, Shape{0, 0}, counting({2, 4}))), "create begins one"));
  BOOST_TEST(contains(sentence(finish(folder / "none.zarr")), "create begins one"));
}

BOOST_AUTO_TEST_CASE(arrays_that_no_store_can_have_are_refused_and_leave_nothing) {
  const Folder folder;
  const auto said = [&](const std::vector<Array>& arrays) {
    return sentence(create(folder / "a.zarr", arrays, {}, Existing::refuse), ErrorCode::invalid_argument);
  };
  const auto changed = [](auto&& change) {
    Array array = field_of({4, 5}, {2, 5});
    change(array);
    return array;
  };
  for (const char* name : {"", "..", ".zattrs", "a/b"}) BOOST_TEST(contains(said({changed([&](Array& it) { it.name = name; })}), "no name of a folder"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.chunks = {0, 5}; })}), "at least 1"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.chunks = {-1, 5}; })}), "at least 1"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.chunks = {2}; })}), "has 2 dimensions, but chunks of 1"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.dimensions.pop_back(); })}), "names for 1"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.chunks = {1 << 20, 1 << 10}; })}), "2 GB"));
  BOOST_TEST(contains(said({changed([](Array& it) { it.shape = {-4, 5}; })}), "no array has"));
  BOOST_TEST(contains(said({changed([](Array&) {}), changed([](Array&) {})}), "two arrays have the name"));
  BOOST_TEST(contains(said({changed([](Array&) {}), changed([](Array& it) { it.name = "b", it.shape = {4, 6}; })}), "dimension d1 is 5 long in the array field, but 6 in b"));
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_be_written_is_a_failure_before_any_work) {
  const Folder folder;
  const Array array = field_of({4}, {2});
  BOOST_TEST(contains(sentence(create("/proc/self/a.zarr", {array}, {}, Existing::refuse)), "cannot be written"));
  BOOST_TEST(contains(sentence(create(put(folder / "file", "") + "/a.zarr", {array}, {}, Existing::refuse)), "cannot make the folder"));
}

BOOST_AUTO_TEST_CASE(variables_and_coordinates_become_arrays) {
  const Coordinate time{"time", Block::of<std::int64_t>({2}, {0, 31}), {{"units", "days since 2000-01-01"}}};
  const Variable field{"t", Dtype::float64, {time, {"x", Block::of<double>({3}, {1, 2, 3}), {}}}, {{"units", "K"}}};
  const Array array = array_of(field, {1, 3}), axis = array_of(time);
  BOOST_TEST((array.shape == Shape{2, 3}));
  BOOST_TEST((array.dimensions == std::vector<std::string>{"time", "x"}));
  BOOST_TEST(std::isnan(array.fill.value()));
  BOOST_TEST((axis.chunks == Shape{2}));
  BOOST_TEST(!axis.fill);
  BOOST_TEST(text_of(axis.attributes, "units") == "days since 2000-01-01");
}

BOOST_AUTO_TEST_CASE(attributes_that_json_cannot_hold_are_written_all_the_same) {
  const Folder folder;
  const std::string path = folder / "a.zarr";
  Array array = field_of({1}, {1});
  array.attributes = {{"nan", not_a_number}, {"bytes", "caf\xe9 \"quoted\" NaN"}, {"list", std::vector<double>{not_a_number, -std::numeric_limits<double>::infinity()}}};
  must(create(path, {array}, {}, Existing::refuse));
  must(write(path, array, counting({1})));
  must(finish(path));
  const auto store = open(path);
  BOOST_REQUIRE(store);
  BOOST_TEST(text_of(store->arrays[0].attributes, "nan") == "NaN");
  BOOST_TEST(contains(text_of(store->arrays[0].attributes, "bytes"), "\"quoted\" NaN"));
  BOOST_TEST(std::get<std::vector<double>>(store->arrays[0].attributes.at("list")).size() == 2u);
}

BOOST_AUTO_TEST_CASE(arrays_travel_to_tasks) {
  using namespace tessera::serialization;
  Array array = field_of({5, 7}, {2, 3});
  array.attributes["list"] = std::vector<double>{1, 2};
  const auto back = decode_value<Array>(encode_value(array));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == array));
}

BOOST_AUTO_TEST_SUITE_END()
