#include "arrays/memory/arena.hpp"

#include "runtime/base/assert.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define TESSERA_ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TESSERA_ARENA_POISONS 1
#endif
#endif
#ifdef TESSERA_ARENA_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) static_cast<void>(at)
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) static_cast<void>(at)
#endif

namespace tessera::arrays::memory {
namespace {
constexpr std::size_t alignment = 64, page = 4096, huge_page = 2u << 20;
constexpr std::size_t control_bytes = 64;                   ///< Room for a shared pointer's counts, before or beside the data.
constexpr std::uint64_t bytes_max = std::uint64_t{1} << 62;  ///< No machine has it, and no sum of sizes overflows.
constexpr std::size_t first_power = 16, classes = (62 - first_power) * 4 + 1;
static_assert(std::uint64_t{1} << first_power == mapped_from_bytes);

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

/// Four sizes from each power of two to the next.
struct SizeClass {
  std::size_t index, bytes;
};
constexpr SizeClass class_of(std::size_t bytes) {
  const std::size_t power = static_cast<std::size_t>(std::bit_width(bytes)) - 1, quarter = std::size_t{1} << (power - 2);
  const std::size_t quarters = (bytes + quarter - 1) / quarter;  // 4 to 8; 8 is the next power's first.
  return {(power - first_power) * 4 + (quarters - 4), quarters * quarter};
}
static_assert(class_of(mapped_from_bytes).index == 0 && class_of(bytes_max).index == classes - 1);
static_assert(class_of((64u << 10) + 1).bytes == 80u << 10 && class_of((112u << 10) + 1).bytes == 128u << 10);
static_assert(class_of((112u << 10) + 1).index == class_of(128u << 10).index);

/// A piece of address space: of a user, or in the chain of its class.
struct Mapping {
  std::byte* bytes = nullptr;
  SizeClass size{};
  std::size_t huge = 0;     ///< Bytes from the begin that are of huge pages where the system has them.
  std::size_t touched = 0;  ///< Bytes from the begin that users have been given since the system had them.
  std::uint64_t kept_at = 0;
  Mapping *older = nullptr, *newer = nullptr;
  alignas(std::max_align_t) std::byte control[control_bytes];
};

/// Kept mappings of one class, by age.
struct Chain {
  Mapping *newest = nullptr, *oldest = nullptr;
  void push(Mapping* one) {
    one->older = std::exchange(newest, one);
    one->newer = nullptr;
    (one->older != nullptr ? one->older->newer : oldest) = one;
  }
  void remove(Mapping* one) {
    (one->newer != nullptr ? one->newer->older : newest) = one->older;
    (one->older != nullptr ? one->older->newer : oldest) = one->newer;
  }
};

/// Null if the system refuses. Aligned by asking for more and giving the ends back.
std::byte* map(std::size_t bytes) {
  const std::size_t more = bytes >= huge_from_bytes ? huge_page - page : 0;
  void* at = mmap(nullptr, bytes + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  auto* begin = static_cast<std::byte*>(at);
  if (more == 0) return begin;
  const std::size_t before = rounded_up(reinterpret_cast<std::uintptr_t>(at), huge_page) - reinterpret_cast<std::uintptr_t>(at);
  if (before > 0) munmap(begin, before);
  if (more > before) munmap(begin + before + bytes, more - before);
  return begin + before;
}

class Arena {
 public:
  Mapping* take(std::size_t asked) {
    const SizeClass size = class_of(asked);
    const std::size_t given = rounded_up(asked, page);
    Mapping* mapping = recycle(size, given);
    if (mapping == nullptr) mapping = make(size, given);
    else shorten(mapping, given);
    // Only what is asked for is of huge pages: one at the end would be touched whole.
    if (mapping != nullptr && size.bytes >= huge_from_bytes && mapping->huge != given / huge_page * huge_page) {
      mapping->huge = given / huge_page * huge_page;
      madvise(mapping->bytes, mapping->huge, MADV_HUGEPAGE);
      if (mapping->huge < size.bytes) madvise(mapping->bytes + mapping->huge, size.bytes - mapping->huge, MADV_NOHUGEPAGE);
    }
    if (mapping != nullptr) ASAN_UNPOISON_MEMORY_REGION(mapping->bytes, asked);
    return mapping;
  }
  void give_back(Mapping* mapping) {
    ASAN_POISON_MEMORY_REGION(mapping->bytes, mapping->size.bytes);
    std::unique_lock lock(mutex_);
    counters_.in_use.value -= mapping->touched;
    keep(mapping);
    shrink(lock, kept_max_);
  }
  ArenaCounters counters() {
    std::lock_guard lock(mutex_);
    return counters_;
  }
  std::uint64_t trim(std::uint64_t to) {
    std::unique_lock lock(mutex_);
    return shrink(lock, to);
  }
  void set_kept_max(std::uint64_t to) {
    std::unique_lock lock(mutex_);
    kept_max_ = to;
    shrink(lock, to);
  }

 private:
  Mapping* recycle(SizeClass size, std::size_t given) {
    std::lock_guard lock(mutex_);
    Mapping* mapping = kept_[size.index].newest;
    if (mapping == nullptr) return nullptr;
    kept_[size.index].remove(mapping);
    counters_.kept.value -= mapping->touched;
    mapping->touched = std::max(mapping->touched, given);
    counters_.in_use.value += mapping->touched;
    ++counters_.recycled;
    return mapping;
  }
  /// What the user before had and this one does not goes to the system, where it is more than a hundredth part.
  void shorten(Mapping* mapping, std::size_t given) {
    const std::size_t rest = mapping->touched - given;
    if (rest * 100 <= given) return;
    ASAN_UNPOISON_MEMORY_REGION(mapping->bytes + given, rest);
    madvise(mapping->bytes + given, rest, MADV_DONTNEED);
    ASAN_POISON_MEMORY_REGION(mapping->bytes + given, rest);
    std::lock_guard lock(mutex_);
    mapping->touched = given;
    counters_.in_use.value -= rest;
  }
  Mapping* make(SizeClass size, std::size_t given) {
    auto* mapping = new (std::nothrow) Mapping;
    if (mapping == nullptr) return nullptr;
    mapping->bytes = map(size.bytes);
    if (mapping->bytes == nullptr) {
      trim(0);  // What is kept may be what is missing.
      mapping->bytes = map(size.bytes);
    }
    if (mapping->bytes == nullptr) {
      delete mapping;
      return nullptr;
    }
    ASAN_POISON_MEMORY_REGION(mapping->bytes, size.bytes);
    mapping->size = size;
    mapping->touched = given;
    std::lock_guard lock(mutex_);
    counters_.in_use.value += given;
    ++counters_.mappings;
    ++counters_.fresh;
    return mapping;
  }
  void keep(Mapping* mapping) {
    mapping->kept_at = ++clock_;
    kept_[mapping->size.index].push(mapping);
    counters_.kept.value += mapping->touched;
  }
  /// Unmaps without the lock. MADV_DONTNEED would take as long, the next use too (64 MiB: 0.17 ms, then 9.7 ms of page faults,
  /// either way), and the address space would stay taken.
  std::uint64_t shrink(std::unique_lock<std::mutex>& lock, std::uint64_t to) {
    std::uint64_t freed = 0;
    while (counters_.kept.value > to) {
      Mapping* mapping = oldest();
      kept_[mapping->size.index].remove(mapping);
      counters_.kept.value -= mapping->touched;
      --counters_.mappings;
      freed += std::exchange(mapping->touched, 0);
      lock.unlock();
      const bool gone = unmap(mapping);
      lock.lock();
      if (gone) continue;
      ++counters_.mappings;
      keep(mapping);
    }
    return freed;
  }
  /// False where the system has no room for one more hole among its mappings: then the address space stays.
  static bool unmap(Mapping* mapping) {
    ASAN_UNPOISON_MEMORY_REGION(mapping->bytes, mapping->size.bytes);  // Whoever is given these addresses next may use them.
    if (munmap(mapping->bytes, mapping->size.bytes) == 0) {
      delete mapping;
      return true;
    }
    madvise(mapping->bytes, mapping->size.bytes, MADV_DONTNEED);
    ASAN_POISON_MEMORY_REGION(mapping->bytes, mapping->size.bytes);
    return false;
  }
  Mapping* oldest() const {
    Mapping* first = nullptr;
    for (const Chain& chain : kept_)
      if (chain.oldest != nullptr && (first == nullptr || chain.oldest->kept_at < first->kept_at)) first = chain.oldest;
    TESSERA_ASSERT(first != nullptr, "the arena keeps bytes of no mapping");
    return first;
  }

  std::mutex mutex_;
  std::array<Chain, classes> kept_{};
  ArenaCounters counters_;
  std::uint64_t kept_max_ = kept_max_default.value;
  std::uint64_t clock_ = 0;  ///< Counts what was given back.
};
Arena& arena() {
  static Arena* only = new Arena;
  return *only;
}

/// Puts a shared pointer's counts where there is room for them already; what ends with them is the memory itself.
template <class T, class Home>
struct InPlace {
  using value_type = T;
  template <class U>
  struct rebind {
    using other = InPlace<U, Home>;
  };
  Home home;
  explicit InPlace(Home where) : home(where) {}
  template <class U>
  InPlace(const InPlace<U, Home>& other) : home(other.home) {}  // NOLINT(google-explicit-constructor): allocators convert.
  T* allocate(std::size_t count) {
    static_assert(sizeof(T) <= control_bytes && alignof(T) <= alignof(std::max_align_t));
    TESSERA_ASSERT(count == 1, "a shared pointer has one control block");
    return reinterpret_cast<T*>(home.control());
  }
  void deallocate(T*, std::size_t) noexcept { home.free(); }
  friend bool operator==(const InPlace& a, const InPlace& b) { return a.home.control() == b.home.control(); }
};
struct InMapping {
  Mapping* mapping;
  std::byte* control() const { return mapping->control; }
  void free() const { arena().give_back(mapping); }
};
struct BeforeData {
  std::byte* begin;
  std::byte* control() const { return begin; }
  void free() const { ::operator delete(begin, std::align_val_t{alignment}); }
};
static_assert(control_bytes % alignment == 0);

constexpr auto freed_with_the_counts = [](std::byte*) {};
}  // namespace

std::shared_ptr<std::byte> allocate(std::uint64_t bytes) {
  if (bytes > bytes_max) return nullptr;
  if (bytes >= mapped_from_bytes) {
    Mapping* mapping = arena().take(bytes);
    if (mapping == nullptr) return nullptr;
    return {mapping->bytes, freed_with_the_counts, InPlace<std::byte, InMapping>({mapping})};
  }
  auto* begin = static_cast<std::byte*>(
      ::operator new(control_bytes + std::max<std::uint64_t>(bytes, 1), std::align_val_t{alignment}, std::nothrow));
  if (begin == nullptr) return nullptr;
  return {begin + control_bytes, freed_with_the_counts, InPlace<std::byte, BeforeData>({begin})};
}

ArenaCounters counters() { return arena().counters(); }
runtime::Bytes trim(runtime::Bytes keep) { return {arena().trim(keep.value)}; }
void set_kept_max(runtime::Bytes keep) { arena().set_kept_max(keep.value); }
}  // namespace tessera::arrays::memory
