#include "actors/spill/store.hpp"

#include "place.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <thread>

using namespace tessera::test;
using namespace tessera::actors::spill;
using tessera::runtime::ErrorCode;
namespace fs = std::filesystem;

namespace {
constexpr std::size_t mib = 1 << 20;
constexpr std::size_t sizes[] = {0, 1, 4095, 4096, 4097, 65 << 10, mib - 4097, mib - 4096, mib - 1, mib, mib + 1, 10 * mib};
constexpr SpillCompression compressions[] = {SpillCompression::none, SpillCompression::lz4, SpillCompression::automatic};

bool same(const Memory& a, const Memory& b) { return std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end()); }
fs::path only_file(const SpillStore& store) {
  for (const std::string& name : Place::names(store.folder()))
    if (name != "owner") return fs::path(store.folder()) / name;
  return {};
}

/// One way to damage a file; whether it did.
using Damage = bool (*)(const fs::path&, std::uint64_t);
bool flip(const fs::path& path, std::uint64_t random) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const auto bit = random % (fs::file_size(path) * 8);
  char byte = 0;
  bool done = ::pread(file, &byte, 1, static_cast<off_t>(bit / 8)) == 1;
  byte = static_cast<char>(byte ^ (1 << bit % 8));
  done = done && ::pwrite(file, &byte, 1, static_cast<off_t>(bit / 8)) == 1;
  ::close(file);
  return done;
}
bool cut(const fs::path& path, std::uint64_t random) {
  return ::truncate(path.c_str(), static_cast<off_t>(random % fs::file_size(path))) == 0;
}
bool extend(const fs::path& path, std::uint64_t random) {
  return ::truncate(path.c_str(), static_cast<off_t>(fs::file_size(path) + 1 + random % 9000)) == 0;
}
bool zero(const fs::path& path, std::uint64_t random) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const std::vector<char> zeros(512);
  // The first sector has the header's magic number: never zero before.
  const bool done = ::pwrite(file, zeros.data(), 1 + random % 512, 0) > 0;
  ::close(file);
  return done;
}
bool erase(const fs::path& path, std::uint64_t) { return fs::remove(path); }
bool make_folder(const fs::path& path, std::uint64_t) { return fs::remove(path) && fs::create_directory(path); }
constexpr Damage damages[] = {flip, flip, flip, flip, cut, extend, zero, erase, make_folder};
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_store)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_whatever_its_size_alignment_and_compression) {
  Place place;
  for (const SpillCompression compression : compressions) {
    const auto store = open_store({place.path, 0, compression});
    BOOST_REQUIRE(store);
    std::uint64_t number = 0, payload = 0;
    for (const std::size_t size : sizes)
      for (const Content content : {Content::random, Content::repeating})
        for (const std::size_t offset : {0, 64}) {
          const Memory value = memory_of(content, size, ++number, offset);
          const auto written = store->write(chunk(number), "std::vector<double>", value.shared());
          BOOST_REQUIRE(written);
          BOOST_TEST(*written % 4096 == 0u);
          const bool packs = compression == SpillCompression::lz4 && content == Content::repeating && size >= 65 << 10;
          if (packs) BOOST_TEST(*written < size / 2);
          else BOOST_TEST(*written <= 4096 + (size + 8191) / 4096 * 4096);
          payload += size;
          for (const std::size_t into_offset : {0, 8}) {
            Memory into(size, into_offset);
            const auto read = store->read(chunk(number), into.bytes);
            BOOST_TEST(bool(read), (read ? "" : read.failure().message));
            BOOST_TEST(same(value, into), size << " bytes");
          }
        }
    const SpillCounters counters = store->counters();
    BOOST_TEST(counters.files == number);
    BOOST_TEST(counters.bytes_written == payload);
    BOOST_TEST(counters.bytes_read == 2 * payload);
    BOOST_TEST(counters.write_errors == 0u);
    BOOST_TEST(counters.write_bytes_per_second > 0u);
    BOOST_TEST(counters.read_bytes_per_second > 0u);
    std::uint64_t on_disk = 0;
    for (const std::string& name : Place::names(store->folder())) on_disk += fs::file_size(fs::path(store->folder()) / name);
    BOOST_TEST(counters.bytes_on_disk == on_disk);
    for (std::uint64_t i = 1; i <= number; ++i) store->remove(chunk(i)), store->remove(chunk(i));
    BOOST_TEST(store->counters().files == 0u);
    BOOST_TEST(store->counters().bytes_on_disk == 0u);
    BOOST_TEST((Place::names(store->folder()) == std::vector<std::string>{"owner"}));
  }
  BOOST_TEST(place.names().empty());
}

BOOST_AUTO_TEST_CASE(a_chunk_is_written_once_and_its_file_is_for_its_user_alone) {
  Place place;
  const auto store = open_store({place.path});
  BOOST_REQUIRE(store);
  const Memory value = memory_of(Content::random, 5000, 1);
  const auto first = store->write(chunk(1), "t", value.shared()), second = store->write(chunk(1), "t", value.shared());
  BOOST_REQUIRE((first && second));
  BOOST_TEST(*first == *second);
  BOOST_TEST(store->counters().bytes_written == 5000u);
  BOOST_TEST((store->write(chunk(1), "t", memory_of(Content::random, 5001, 1).shared()).failure().code == ErrorCode::key_conflict));
  BOOST_TEST((fs::status(store->folder()).permissions() == fs::perms::owner_all));
  BOOST_TEST((fs::status(only_file(*store)).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  Memory small(4999);
  BOOST_TEST((store->read(chunk(1), small.bytes).failure().code == ErrorCode::invalid_argument));
  BOOST_TEST((store->read(chunk(2), small.bytes).failure().code == ErrorCode::data_lost));
  BOOST_TEST((store->write(chunk(3), std::string(5000, 'x'), value.shared()).failure().code == ErrorCode::invalid_argument));
  // Another job's chunk of the same key is another chunk.
  tessera::runtime::ChunkId other = chunk(1);
  other.job = {2};
  BOOST_TEST((store->read(other, small.bytes).failure().code == ErrorCode::data_lost));
  Memory into(5000);
  BOOST_TEST(bool(store->read(chunk(1), into.bytes)));
  BOOST_TEST(same(value, into));
}

BOOST_AUTO_TEST_CASE(F34_of_ten_thousand_damaged_files_each_is_lost_and_none_gives_a_wrong_value) {
  Place place(fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path());
  Place disk;
  std::uint64_t wrong = 0, not_lost = 0, undamaged = 0, unwritten = 0;
  tessera::runtime::Rng rng(34);
  for (const SpillCompression compression : compressions) {
    const auto in_memory = open_store({place.path, 0, compression}), on_disk = open_store({disk.path, 0, compression});
    BOOST_REQUIRE((in_memory && on_disk));
    for (int i = 0; i < 3'400; ++i) {
      SpillStore& store = i % 10 == 0 ? *on_disk : *in_memory;
      const std::size_t size = 1 + rng.below(12'000), offset = rng.below(2) * 64;
      const Memory value = memory_of(i % 2 == 0 ? Content::random : Content::repeating, size, rng.next(), offset);
      unwritten += !store.write(chunk(1), "t", value.shared());
      undamaged += !damages[rng.below(std::size(damages))](only_file(store), rng.next());
      Memory into(size, rng.below(2) * 64);
      const auto read = store.read(chunk(1), into.bytes);
      not_lost += read || read.failure().code != ErrorCode::data_lost;
      wrong += read && !same(value, into);
      const fs::path left = only_file(store);
      if (!left.empty()) fs::remove(left);  // The folder that one of the damages makes is not a file to be removed.
    }
    BOOST_TEST(on_disk->counters().chunks_lost + in_memory->counters().chunks_lost == 3'400u);
    BOOST_TEST(on_disk->counters().bytes_on_disk + in_memory->counters().bytes_on_disk == 0u);
  }
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(not_lost == 0u);
  BOOST_TEST(undamaged == 0u);
  BOOST_TEST(unwritten == 0u);
}

BOOST_AUTO_TEST_CASE(F34_swapped_and_older_files_are_refused_by_name_of_the_file) {
  Place place;
  const auto store = open_store({place.path});
  BOOST_REQUIRE(store);
  const Memory one = memory_of(Content::random, 5000, 1), two = memory_of(Content::random, 5000, 2);
  const auto path_of = [&](std::uint64_t number, const Memory& value) {
    const auto before = Place::names(store->folder());
    BOOST_REQUIRE(store->write(chunk(number), "t", value.shared()));
    for (const std::string& name : Place::names(store->folder()))
      if (std::find(before.begin(), before.end(), name) == before.end()) return fs::path(store->folder()) / name;
    return fs::path();
  };
  const fs::path a = path_of(1, one), b = path_of(2, two), aside = place.path / "aside";
  fs::rename(a, aside), fs::rename(b, a), fs::rename(aside, b);
  Memory into(5000);
  for (const auto& [number, path] : std::map<std::uint64_t, fs::path>{{1, a}, {2, b}}) {
    const auto read = store->read(chunk(number), into.bytes);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.failure().code == ErrorCode::data_lost));
    BOOST_TEST(read.failure().message.find(path.string()) != std::string::npos, read.failure().message);
    const std::string holds = "it holds chunk " + to_string(chunk(3 - number).key);
    BOOST_TEST(read.failure().message.find(holds) != std::string::npos, read.failure().message);
  }
  // The same chunk's file of before, whose header is whole.
  const fs::path before = path_of(1, two);
  fs::copy(before, aside);
  store->remove(chunk(1));
  fs::rename(aside, path_of(1, one));
  BOOST_TEST((store->read(chunk(1), into.bytes).failure().code == ErrorCode::data_lost));
  // A link is not followed, even to the right bytes.
  const fs::path linked = path_of(1, one);
  fs::rename(linked, aside), fs::create_symlink(aside, linked);
  BOOST_TEST((store->read(chunk(1), into.bytes).failure().code == ErrorCode::data_lost));
  // What was lost can be written anew.
  BOOST_TEST(bool(store->write(chunk(1), "t", one.shared())));
  BOOST_TEST(bool(store->read(chunk(1), into.bytes)));
  BOOST_TEST(same(one, into));
}

BOOST_AUTO_TEST_CASE(the_limit_holds_and_the_store_goes_on) {
  Place place;
  const auto store = open_store({place.path, 3 * 8192});
  BOOST_REQUIRE(store);
  const Memory value = memory_of(Content::random, 4000, 1);
  for (std::uint64_t i = 1; i <= 3; ++i) BOOST_TEST(bool(store->write(chunk(i), "t", value.shared())));
  const auto refused = store->write(chunk(4), "t", value.shared());
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.failure().code == ErrorCode::out_of_disk));
  for (const std::string& part : {store->folder(), std::string("8192 bytes are needed"), std::string("0 of its limit of 24576")})
    BOOST_TEST(refused.failure().message.find(part) != std::string::npos, refused.failure().message);
  BOOST_TEST(store->counters().write_errors == 1u);
  store->remove(chunk(2));
  BOOST_TEST(bool(store->write(chunk(4), "t", value.shared())));
}

BOOST_AUTO_TEST_CASE(four_threads_write_read_and_remove_side_by_side) {
  Place place;
  for (const SpillCompression compression : {SpillCompression::none, SpillCompression::lz4}) {
    const auto store = open_store({place.path, 0, compression});
    BOOST_REQUIRE(store);
    const Memory shared = memory_of(Content::repeating, 100'000, 99);
    BOOST_REQUIRE(store->write(chunk(99), "t", shared.shared()));
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 30; ++i) {
          const auto id = chunk(1000 * (t + 1) + i);
          const Memory value = memory_of(Content::random, 1 + i * 4000, i, t % 2 * 64);
          failures += !store->write(id, "t", value.shared());
          failures += !store->write(chunk(7), "t", shared.shared());  // All write this one.
          Memory into(value.bytes.size()), other(shared.bytes.size());
          failures += !store->read(id, into.bytes) || !same(value, into);
          failures += !store->read(chunk(99), other.bytes) || !same(shared, other);
          if (i % 3 != 0) store->remove(id);
          store->counters();
        }
      });
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(failures == 0);
    BOOST_TEST(store->counters().files == 2u + 4 * 10);
    BOOST_TEST(Place::names(store->folder()).size() == 3u + 4 * 10);
  }
}

BOOST_AUTO_TEST_SUITE_END()
