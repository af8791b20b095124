// The arena is one a process, so each case begins with nothing kept.
#include "arrays/memory/arena.hpp"

#include "arrays/block.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

using namespace tessera::arrays;
using tessera::runtime::Bytes;
using tessera::runtime::kib;
using tessera::runtime::mib;

namespace {
struct Fresh {
  Fresh() {
    memory::set_kept_max(memory::kept_max_default);
    memory::trim({});
  }
  memory::ArenaCounters before = [] {
    memory::trim({});
    return memory::counters();
  }();
  std::uint64_t fresh() const { return memory::counters().fresh - before.fresh; }
  std::uint64_t recycled() const { return memory::counters().recycled - before.recycled; }
  std::uint64_t mappings() const { return memory::counters().mappings - before.mappings; }
  std::uint64_t in_use() const { return memory::counters().in_use.value - before.in_use.value; }
};
bool aligned(const std::shared_ptr<std::byte>& memory, std::uintptr_t to) { return reinterpret_cast<std::uintptr_t>(memory.get()) % to == 0; }
std::byte* allocated(std::uint64_t bytes) { return memory::allocate(bytes).get(); }

/// Page faults of this thread while `work` runs.
std::int64_t faults(auto&& work) {
  const auto count = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::int64_t>(usage.ru_minflt);
  };
  const std::int64_t begin = count();
  work();
  return count() - begin;
}

/// Of `bytes` from `at` on, how many pages there are; empty where nothing is mapped.
std::optional<std::size_t> pages_there(const std::byte* at, std::size_t bytes) {
  std::vector<unsigned char> there(bytes / 4096);
  if (mincore(const_cast<std::byte*>(at), bytes, there.data()) != 0) return std::nullopt;
  std::size_t count = 0;
  for (const unsigned char one : there) count += one & 1;
  return count;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(arrays_memory_arena, Fresh)

BOOST_AUTO_TEST_CASE(memory_of_every_size_is_there_and_aligned) {
  for (const std::uint64_t bytes : {0u, 1u, 63u, 64u, 4096u, 65535u, 65536u, 65537u, 300'000u, 4194303u, 4194304u, 4194305u, 9'000'000u}) {
    const auto memory = memory::allocate(bytes);
    BOOST_TEST_REQUIRE(memory.get());
    std::memset(memory.get(), 0x5a, bytes);
    BOOST_TEST(aligned(memory, 64), bytes);
    if (bytes >= memory::mapped_from_bytes) BOOST_TEST(aligned(memory, 4096), bytes);
    if (bytes >= memory::huge_from_bytes) BOOST_TEST(aligned(memory, 2u << 20), bytes);
  }
}

BOOST_AUTO_TEST_CASE(sizes_that_no_machine_has_are_refused_without_an_exception) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t bytes : {most, most - 1, most - 4095, (most >> 1) + 1, most >> 1, (std::uint64_t{1} << 62) + 1, std::uint64_t{1} << 62,
                                    (std::uint64_t{1} << 61) + 1, std::uint64_t{1} << 48})
    BOOST_TEST(!memory::allocate(bytes), bytes);
  BOOST_TEST(mappings() == 0u);
  BOOST_TEST(in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(small_memory_has_no_mapping) {
  const auto memory = memory::allocate(memory::mapped_from_bytes - 1);
  BOOST_TEST(mappings() == 0u);
  BOOST_TEST(fresh() == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_given_back_serves_the_next_request_of_its_class) {
  const auto first = allocated(1'000'000);
  BOOST_TEST(allocated(950'000) == first);
  BOOST_TEST(fresh() == 1u);
  BOOST_TEST(recycled() == 1u);
  BOOST_TEST(allocated(700'000) != first);  // Another class: at most a quarter is wasted.
  BOOST_TEST(fresh() == 2u);
}

BOOST_AUTO_TEST_CASE(no_mapping_is_more_than_a_quarter_larger_than_what_was_asked_for) {
  for (std::uint64_t bytes = memory::mapped_from_bytes; bytes < 40'000'000; bytes += bytes / 7 + 1) {
    const auto memory = memory::allocate(bytes);
    BOOST_TEST(in_use() >= bytes);
    BOOST_TEST(in_use() <= bytes + bytes / 4 + 4096, bytes);
  }
}

BOOST_AUTO_TEST_CASE(only_the_pages_that_were_given_count) {
  auto memory = memory::allocate(1'000'000);  // Of a class of 1 MiB.
  BOOST_TEST(in_use() == 245u * 4096);
  memory.reset();
  BOOST_TEST(in_use() == 0u);
  BOOST_TEST(memory::counters().kept.value == 245u * 4096);
  memory = memory::allocate(950'000);
  BOOST_TEST(in_use() == 232u * 4096);  // What its last user had beyond this goes to the system.
  memory.reset();
  memory = memory::allocate(949'000);
  BOOST_TEST(in_use() == 232u * 4096);  // But for a hundredth part.
  memory.reset();
  memory = memory::allocate(1u << 20);
  BOOST_TEST(in_use() == 1u << 20);
}

BOOST_AUTO_TEST_CASE(the_second_use_of_a_mapping_has_no_page_faults) {
  for (const std::size_t bytes : {256u << 10, 3u << 20, 64u << 20}) {
    const auto use = [&] {
      const auto memory = memory::allocate(bytes);
      for (std::size_t at = 0; at < bytes; at += 4096) memory.get()[at] = std::byte{1};
    };
    const std::int64_t first = faults(use), second = faults(use);
    BOOST_TEST(first >= static_cast<std::int64_t>(bytes >> 21), first << " faults for " << bytes << " bytes");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    BOOST_TEST(second < first);  // The sanitizer's shadow has some of its own.
#else
    BOOST_TEST(second <= 2, second << " faults for " << bytes << " bytes");  // Of the stack or the heap, not of the mapping.
#endif
  }
}

BOOST_AUTO_TEST_CASE(what_is_kept_has_a_bound_and_the_oldest_goes_first) {
  memory::set_kept_max(mib(3));
  std::array<std::shared_ptr<std::byte>, 3> all{memory::allocate(1u << 20), memory::allocate(3u << 19), memory::allocate(1u << 20)};
  const std::byte *second = all[1].get(), *third = all[2].get();
  for (auto& one : all) one.reset();
  BOOST_TEST(memory::counters().kept.value == 5u << 19);  // All three would be 3.5 MiB.
  BOOST_TEST(mappings() == 2u);
  BOOST_TEST(allocated(1u << 20) == third);
  BOOST_TEST(allocated(3u << 19) == second);
  BOOST_TEST(fresh() == 3u);
}

BOOST_AUTO_TEST_CASE(a_smaller_bound_and_trim_give_memory_back_at_once) {
  for (int i = 0; i < 4; ++i) {
    const std::array held{memory::allocate(1u << 20), memory::allocate(1u << 20), memory::allocate(1u << 20), memory::allocate(1u << 20)};
  }
  BOOST_TEST((memory::counters().kept == mib(4)));
  memory::set_kept_max(mib(3));
  BOOST_TEST((memory::counters().kept == mib(3)));
  BOOST_TEST((memory::trim(kib(1500)) == mib(2)));
  BOOST_TEST((memory::counters().kept == mib(1)));
  BOOST_TEST((memory::trim({}) == mib(1)));
  BOOST_TEST(mappings() == 0u);
  memory::set_kept_max({});
  allocated(1u << 20);
  BOOST_TEST(mappings() == 0u);
}

BOOST_AUTO_TEST_CASE(trimmed_memory_is_no_longer_of_the_process) {
  auto memory = memory::allocate(8u << 20);
  std::memset(memory.get(), 1, 8u << 20);
  const std::byte* at = memory.get();
  BOOST_TEST(pages_there(at, 8u << 20).value_or(0) == 2048u);
  memory.reset();
  BOOST_TEST(pages_there(at, 8u << 20).value_or(0) == 2048u);  // Kept.
  memory::trim({});
  BOOST_TEST(pages_there(at, 8u << 20).value_or(0) == 0u);
}

BOOST_AUTO_TEST_CASE(a_weak_pointer_does_not_read_memory_that_has_another_user) {
  for (const std::size_t bytes : {100u, 1u << 20}) {
    auto memory = memory::allocate(bytes);
    std::weak_ptr<std::byte> weak = memory;
    memory.reset();
    BOOST_TEST(weak.expired());
    BOOST_TEST(!weak.lock());
    memory = memory::allocate(bytes);
    weak.reset();
    std::memset(memory.get(), 3, bytes);
  }
}

BOOST_AUTO_TEST_CASE(the_data_of_a_large_block_lies_64_bytes_behind_a_page) {
  const Block block = Block::make<double>({200, 100}, [](auto data) { std::ranges::fill(data, 2.0); });
  BOOST_TEST(mappings() == 1u);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(block.raw().data()) % 4096 == 64u);
  BOOST_TEST(in_use() == (160'000u + 64 + 4095) / 4096 * 4096);
}

BOOST_AUTO_TEST_CASE(no_two_threads_get_the_same_memory) {
  memory::set_kept_max(mib(2));
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int id = 1; id <= 4; ++id)
    threads.emplace_back([id, &wrong] {
      std::array<std::shared_ptr<std::byte>, 4> held;
      std::uint64_t random = static_cast<std::uint64_t>(id);
      for (int i = 0; i < 2000; ++i) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        auto& one = held[random >> 62];
        if (one && one.get()[4096] != static_cast<std::byte>(id)) ++wrong;
        one = memory::allocate(memory::mapped_from_bytes + (random >> 32) % 400'000);
        one.get()[4096] = static_cast<std::byte>(id);
        if (i % 512 == 0) memory::trim(mib(1));
      }
    });
  threads.clear();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(in_use() == 0u);
  BOOST_TEST((memory::counters().kept <= mib(2)));
}

#if defined(__SANITIZE_ADDRESS__)
BOOST_AUTO_TEST_CASE(kept_memory_and_what_lies_behind_a_block_are_poisoned) {
  auto memory = memory::allocate(1'000'000);
  std::byte* at = memory.get();
  BOOST_TEST(!__asan_address_is_poisoned(at + 999'999));
  BOOST_TEST(__asan_address_is_poisoned(at + 1'000'000));
  memory.reset();
  BOOST_TEST(__asan_address_is_poisoned(at));
  memory = memory::allocate(1'000'000);
  BOOST_TEST_REQUIRE(memory.get() == at);
  BOOST_TEST(!__asan_region_is_poisoned(at, 1'000'000));
  memory.reset();
  memory::trim({});
  BOOST_TEST(!__asan_address_is_poisoned(at));  // Whoever maps there next may use it.
}
#endif
BOOST_AUTO_TEST_SUITE_END()
