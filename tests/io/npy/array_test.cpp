#include "arrays/kernels/layout.hpp"
#include "io/npy/npy.hpp"
#include "tests/io/npy/support.hpp"

#include <fmt/format.h>

using namespace tessera::io;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
std::string name_of(std::uint8_t type) {
  const std::string name(tessera::arrays::to_string(static_cast<Dtype>(type)));
  return name.substr(0, name.find('['));
}
/// A file of that header and so many bytes of zeros behind it.
std::string file_of(const std::string& dict, std::size_t bytes = 0) {
  return fmt::format("\x93NUMPY{}{}{}{}{}", '\1', '\0', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8), dict) +
         std::string(bytes, '\0');
}
std::string refused(const std::string& bytes) {
  return refusal(npy::decode(std::as_bytes(std::span(bytes)), "x.npy"), ErrorCode::bad_input);
}
std::string dict_of(const std::string& descr, const std::string& shape) {
  return fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", descr, shape);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_npy_array)

BOOST_AUTO_TEST_CASE(files_of_numpy_of_every_dtype_byte_order_and_element_order_are_read) {
  for (std::uint8_t type = 0; type < tessera::arrays::dtype_count; ++type)
    for (const char* kind : {"", "_big_endian", "_fortran"}) {
      const std::string name = name_of(type) + kind;
      BOOST_TEST_CONTEXT(name) {
        BOOST_TEST((must(npy::read(golden_npy(name + ".npy"))) == golden_values(static_cast<Dtype>(type), {2, 3, 4})));
      }
    }
}

BOOST_AUTO_TEST_CASE(versions_ranks_and_empty_arrays_are_read) {
  BOOST_TEST((must(npy::read(golden_npy("version_2.npy"))) == golden_values(Dtype::float32, {5})));
  BOOST_TEST((must(npy::read(golden_npy("version_3.npy"))) == golden_values(Dtype::float32, {5})));
  BOOST_TEST((must(npy::read(golden_npy("rank_0.npy"))) == golden_values(Dtype::float64, {})));
  BOOST_TEST((must(npy::read(golden_npy("empty.npy"))) == golden_values(Dtype::int16, {3, 0, 2})));
  BOOST_TEST((must(npy::read(golden_npy("rank_4_fortran.npy"))) == golden_values(Dtype::int32, {3, 4, 2, 5})));
  BOOST_TEST((must(npy::read(golden_npy("matrix_fortran.npy"))) == golden_values(Dtype::int64, {40, 70})));
}

BOOST_AUTO_TEST_CASE(a_box_is_the_slice_of_the_whole_array_and_only_it_is_read) {
  const Folder folder;
  for (const char* name : {"int64", "float64_big_endian", "int32_fortran", "rank_4_fortran", "bool_fortran", "rank_0", "empty"}) {
    const std::string path = golden_npy(std::string(name) + ".npy");
    const auto header = must(npy::describe(path));
    const Block whole = must(npy::read(path));
    BOOST_TEST((header.dtype == whole.dtype() && std::ranges::equal(header.shape, whole.shape())));
    Shape start = header.shape, count = header.shape;
    for (std::size_t d = 0; d < start.size(); ++d) {
      start[d] = std::min<std::int64_t>(1, header.shape[d]);
      count[d] = std::max<std::int64_t>(header.shape[d] - 2, 0) + static_cast<std::int64_t>(d % 2);
      count[d] = std::min(count[d], header.shape[d] - start[d]);
    }
    BOOST_TEST_CONTEXT(name) BOOST_TEST((must(npy::read(path, start, count)) == must(tessera::arrays::kernels::slice(whole, start, count))));
  }
  // What lies outside of the box may be broken.
  std::string bytes = content(golden_npy("bool.npy"));
  bytes[bytes.size() - 1] = 2;
  const std::string path = put(folder / "bool.npy", bytes);
  BOOST_TEST(must(npy::read(path, Shape{0, 0, 0}, Shape{1, 3, 4})).size() == 12);
  BOOST_TEST(contains(refusal(npy::read(path, Shape{1, 0, 0}, Shape{1, 3, 4}), ErrorCode::bad_input), "has a bool of 2"));
  BOOST_TEST(contains(refusal(npy::read(path, Shape{1, 0, 0}, Shape{2, 3, 4}), ErrorCode::invalid_argument),
                      "has the shape (2, 3, 4): no box of (2, 3, 4) lies in it from (1, 0, 0) on"));
}

BOOST_AUTO_TEST_CASE(what_is_written_has_the_bytes_that_numpy_writes) {
  const Folder folder;
  std::vector<std::string> names{"rank_0", "empty"};
  for (std::uint8_t type = 0; type < tessera::arrays::dtype_count; ++type) names.push_back(name_of(type));
  for (const std::string& name : names) {
    const std::string path = golden_npy(name + ".npy");
    must(npy::write(folder / "again.npy", must(npy::read(path))));
    BOOST_TEST_CONTEXT(name) BOOST_TEST((content(folder / "again.npy") == content(path)));
  }
  BOOST_TEST(folder.names() == std::vector<std::string>{"again.npy"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_array_that_cannot_be_written_leaves_nothing) {
  const Folder folder;
  BOOST_TEST(contains(refusal(npy::write(folder / "none/x.npy", Block()), ErrorCode::io_failed), "none/x.npy"));
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(dtypes_that_blocks_do_not_have_are_refused_with_what_to_do) {
  const auto sentence = [](const char* name) {
    return refusal(npy::read(golden_npy(std::string("refused_") + name + ".npy")), ErrorCode::bad_input);
  };
  BOOST_TEST(contains(sentence("object"), "holds Python objects, which only Python can read: convert it to numbers"));
  BOOST_TEST(contains(sentence("fields"), "save each field as an array of its own"));
  BOOST_TEST(contains(sentence("text"), "holds text or bytes ('<U3')"));
  BOOST_TEST(contains(sentence("days"), "save x.astype('datetime64[ns]')"));
  BOOST_TEST(contains(sentence("half"), "has the dtype '<f2', which is not known: save e.g. x.astype('float64')"));
}

BOOST_AUTO_TEST_CASE(what_is_no_header_is_refused) {
  BOOST_TEST(contains(refused(""), "x.npy is no .npy array"));
  BOOST_TEST(contains(refused("GRIB and more bytes"), "does not begin with \\x93NUMPY"));
  BOOST_TEST(contains(refused("\x93NUMPY\x01"), "is cut off in its header"));
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(2,)"), 16).replace(6, 1, "\x04")), "is of version 4.0 of the format"));
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(2,)")).substr(0, 40)), "is cut off in its header"));
  BOOST_TEST(contains(refused(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13)), "has a header of 4294967295 bytes"));
  for (const char* dict :
       {"", "{", "{}", "[1]", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2), }", "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}", "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } x",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (2.5,)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"})
    BOOST_TEST_CONTEXT(dict) BOOST_TEST(contains(refused(file_of(dict, 16)), "has a header that is not a dict of 'descr'"));
}

BOOST_AUTO_TEST_CASE(lengths_that_do_not_fit_are_refused_before_anything_is_allocated) {
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(4611686018427387904, 4)"), 16)), "no array has more than 32 dimensions or 2^63 - 1 bytes"));
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(1152921504606846976,)"), 16)), "no array has more than"));
  std::string ones;
  for (int i = 0; i < 33; ++i) ones += "1, ";
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(" + ones + ")"), 8)), "no array has more than 32 dimensions"));
  BOOST_TEST(contains(refused(file_of(dict_of("<f8", "(1000000000000,)"), 16)), "takes 8000000000000 bytes, but only 16 follow its header: it was cut off"));
}

BOOST_AUTO_TEST_CASE(a_file_holds_one_whole_array_and_nothing_else) {
  const Folder folder;
  const std::string whole = content(golden_npy("float64.npy"));
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{9}, std::size_t{100}, std::size_t{128}, whole.size() - 1})
    BOOST_TEST(contains(refusal(npy::read(put(folder / "cut.npy", whole.substr(0, bytes))), ErrorCode::bad_input), "cut.npy"));
  BOOST_TEST(contains(refused(whole + whole), "of several arrays in one file none is read; save them with np.savez"));
  BOOST_TEST(contains(refusal(npy::read(folder / "none.npy"), ErrorCode::bad_input), "there is no file"));
}

BOOST_AUTO_TEST_CASE(a_bool_of_other_bits_is_refused) {
  std::string bytes = content(golden_npy("bool.npy"));
  bytes[bytes.size() - 2] = 2;
  BOOST_TEST(contains(refused(bytes), "has a bool of 2 at byte 22 of its values"));
}

BOOST_AUTO_TEST_SUITE_END()
