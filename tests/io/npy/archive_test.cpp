#include "io/npy/npy.hpp"
#include "tests/io/npy/support.hpp"

#include <fmt/format.h>
#include <zip.h>

using namespace tessera::io;
using namespace tessera::io::test;
using npy::Compression;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::runtime::ErrorCode;

namespace {
npy::Arrays some() {
  npy::Arrays arrays;
  for (std::uint8_t type = 0; type < tessera::arrays::dtype_count; ++type)
    arrays.emplace("a " + std::to_string(type), golden_values(static_cast<Dtype>(type), {2, 3}));
  arrays.emplace("scalar", golden_values(Dtype::float32, {}));
  arrays.emplace("größe", golden_values(Dtype::int64, {0, 4}));
  return arrays;
}

/// An archive of one member that holds `bytes`.
std::string zip_of(const Folder& folder, const std::string& member, const std::string& bytes, int method = ZIP_CM_DEFLATE) {
  const std::string path = folder / "made.npz";
  std::filesystem::remove(path);
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, &error);
  BOOST_REQUIRE(archive);
  const auto index = zip_file_add(archive, member.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
  zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0);
  BOOST_REQUIRE(zip_close(archive) == 0);
  return path;
}
std::string refused(const std::string& path, tessera::runtime::Bytes bytes_max = npy::archive_bytes_max) {
  return refusal(npy::read_archive(path, bytes_max), ErrorCode::bad_input);
}
/// Replaces a number of four bytes at its place behind a mark, wherever the mark is.
std::string with_number(std::string bytes, const std::string& mark, std::size_t behind, std::uint32_t number) {
  for (std::size_t at = bytes.find(mark); at != std::string::npos; at = bytes.find(mark, at + 1))
    std::memcpy(bytes.data() + at + behind, &number, sizeof number);
  return bytes;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_npy_archive)

BOOST_AUTO_TEST_CASE(archives_of_savez_and_savez_compressed_are_read) {
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto arrays = must(npy::read_archive(golden_npy(name)));
    BOOST_TEST(arrays.size() == 3U);
    BOOST_TEST((arrays.at("x") == golden_values(Dtype::float64, {2, 3})));
    BOOST_TEST((arrays.at("flags") == golden_values(Dtype::boolean, {7})));
    BOOST_TEST(arrays.at("zeros").size() == 40);
  }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again_and_has_the_same_bytes_each_time) {
  const Folder folder;
  for (const Compression compression : {Compression::none, Compression::deflate}) {
    must(npy::write_archive(folder / "a.npz", some(), compression));
    must(npy::write_archive(folder / "b.npz", some(), compression));
    BOOST_TEST((must(npy::read_archive(folder / "a.npz")) == some()));
    BOOST_TEST((content(folder / "a.npz") == content(folder / "b.npz")));
    const std::string bytes = content(folder / "a.npz");
    BOOST_TEST((must(npy::decode_archive(std::as_bytes(std::span(bytes)), "a.npz")) == some()));
  }
  BOOST_TEST(folder.names() == (std::vector<std::string>{"a.npz", "b.npz"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failure_leaves_the_old_archive_and_nothing_else) {
  const Folder folder;
  put(folder / "a.npz", "old");
  BOOST_TEST(contains(refusal(npy::write_archive(folder / "a.npz", {}, Compression::none), ErrorCode::invalid_argument), "one array at least"));
  BOOST_TEST(contains(refusal(npy::write_archive(folder / "a.npz", {{"\xff", Block()}}, Compression::none), ErrorCode::invalid_argument),
                      "no array of an archive can have the name"));
  BOOST_TEST(contains(refusal(npy::write_archive(folder / "none/a.npz", some(), Compression::none), ErrorCode::io_failed), "none/a.npz"));
  std::filesystem::create_directory(folder / "folder.npz");
  BOOST_TEST(contains(refusal(npy::write_archive(folder / "folder.npz", some(), Compression::none), ErrorCode::io_failed), "folder.npz"));
  BOOST_TEST(content(folder / "a.npz") == "old");
  BOOST_TEST(folder.names() == (std::vector<std::string>{"a.npz", "folder.npz"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_no_archive_of_arrays_is_refused) {
  const Folder folder;
  BOOST_TEST(contains(refused(folder / "none.npz"), "there is no file"));
  BOOST_TEST(contains(refused(put(folder / "empty.npz", "")), "is no .npz archive, or is cut off"));
  BOOST_TEST(contains(refused(golden_npy("float64.npy")), "is no .npz archive, or is cut off"));
  const std::string whole = content(golden_npy("deflated.npz"));
  for (const std::size_t bytes : {std::size_t{1}, whole.size() / 2, whole.size() - 1})
    BOOST_TEST(contains(refused(put(folder / "cut.npz", whole.substr(0, bytes))), "is cut off"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.txt", "words")), "'x.txt' of"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.npy", "words")), "is no .npy array"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.npy", content(golden_npy("refused_object.npy")))), "holds Python objects"));
  const std::string array = content(golden_npy("float64.npy"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.npy", array.substr(0, array.size() - 8))), "takes 192 bytes, but 184 follow its header"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.npy", array + array)), "it is broken"));
  BOOST_TEST(contains(refused(zip_of(folder, "x.npy", array, ZIP_CM_BZIP2)), "is compressed with method 12 of zip"));
}

BOOST_AUTO_TEST_CASE(a_changed_byte_is_found_by_the_checksum) {
  const Folder folder;
  must(npy::write_archive(folder / "a.npz", {{"x", golden_values(Dtype::float64, {2, 3})}}, Compression::none));
  std::string bytes = content(folder / "a.npz");
  bytes[200] ^= 1;
  BOOST_TEST(contains(refused(put(folder / "a.npz", bytes)), "CRC error"));
}

BOOST_AUTO_TEST_CASE(few_bytes_that_become_too_many_are_refused) {
  const Folder folder;
  const Block zeros = Block::make<double>({1 << 17}, [](std::span<double> to) { std::ranges::fill(to, 0.0); });
  must(npy::write_archive(folder / "zeros.npz", {{"x", zeros}}, Compression::deflate));
  BOOST_TEST(content(folder / "zeros.npz").size() < 4000U);
  BOOST_TEST((must(npy::read_archive(folder / "zeros.npz")).at("x") == zeros));
  BOOST_TEST(contains(refused(folder / "zeros.npz", tessera::runtime::kib(64)), "would become more than 64.0 KiB from"));
  // What is not compressed takes as much of the disk: no bound.
  must(npy::write_archive(folder / "stored.npz", {{"x", zeros}}, Compression::none));
  BOOST_TEST((must(npy::read_archive(folder / "stored.npz", tessera::runtime::kib(64))).at("x") == zeros));
  // In the directory the size of a member is 24 bytes behind its mark, that of its compressed bytes 20.
  const std::string bytes = content(folder / "zeros.npz");
  BOOST_TEST(contains(refused(put(folder / "claims.npz", with_number(bytes, "PK\1\2", 24, 0xfffffff0U))), "it is broken"));
  BOOST_TEST(contains(refused(put(folder / "over.npz", with_number(bytes, "PK\1\2", 20, 0x00fffff0U))), "it"));
}

BOOST_AUTO_TEST_SUITE_END()
