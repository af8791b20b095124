#include "io/netcdf/classic.hpp"

#include "tests/io/netcdf/classic.hpp"
#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::netcdf;
using namespace tessera::io::test;
using tessera::runtime::ErrorCode;

namespace {
tessera::runtime::Result<void> checked(const std::string& bytes) {
  const Folder folder;
  return check_whole(*File::open(put(folder / "a.nc", bytes)));
}
const Classic plain{{{"x", 3}, {"y", 2}},
                    {{"x", Type::float64, {"x"}, {1, 2, 3}, {{"units", "m"}}}, {"field", Type::int16, {"y", "x"}, {1, 2, 3, 4, 5, 6}}},
                    0,
                    {{"title", "a field"}}};
const Classic records{{{"time", 0}, {"x", 3}},
                      {{"time", Type::float64, {"time"}, {0, 1, 2, 3}}, {"field", Type::int16, {"time", "x"}, std::vector<double>(12, 7)}},
                      4};
}  // namespace

BOOST_AUTO_TEST_SUITE(io_netcdf_classic)

BOOST_AUTO_TEST_CASE(whole_files_pass_and_so_do_files_of_other_kinds) {
  BOOST_TEST(bool(checked(bytes_of(plain))));
  BOOST_TEST(bool(checked(bytes_of(records))));
  BOOST_TEST(bool(checked("\x89HDF\r\n\x1a\n and so on")));
  BOOST_TEST(bool(checked("CDF")));
  BOOST_TEST(bool(checked("CDF\3 a version that there is not")));
  for (const auto& one : std::filesystem::directory_iterator(source("examples/data/hadgem2-es")))
    BOOST_TEST(bool(check_whole(*File::open(one.path().string()))));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_anywhere_before_its_last_value_is_refused) {
  for (const Classic& one : {plain, records}) {
    const std::string bytes = bytes_of(one);
    // The last variable is of 2-byte values, padded to 4: what is behind its last value may be gone.
    const std::size_t values_end = bytes.size() - (one.records == 0 ? 0 : 2);
    for (std::size_t size = 8; size < values_end; ++size) {
      const std::string message = refusal(checked(bytes.substr(0, size)), ErrorCode::bad_input);
      BOOST_TEST(contains(message, "cut off"), message);
    }
    BOOST_TEST(bool(checked(bytes.substr(0, values_end))));
  }
}

BOOST_AUTO_TEST_CASE(a_header_of_more_than_the_first_look_is_read_whole) {
  Classic file = plain;
  file.attributes.push_back({"history", std::string(100'000, 'h')});
  const std::string bytes = bytes_of(file);
  BOOST_TEST(bool(checked(bytes)));
  BOOST_TEST(contains(refusal(checked(bytes.substr(0, bytes.size() - 1)), ErrorCode::bad_input), "tells of"));
}

BOOST_AUTO_TEST_CASE(noise_in_a_header_is_a_refusal_or_a_pass_and_never_more) {
  const std::string bytes = bytes_of(records);
  int refused = 0;
  for (std::size_t at = 4; at < bytes.size(); ++at)
    for (const int change : {0xff, 0x80, 0x01}) {
      std::string broken = bytes;
      broken[at] = static_cast<char>(broken[at] ^ change);
      refused += checked(broken) ? 0 : 1;
    }
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()
