#include "arrays/block.hpp"

#include "arrays/memory/arena.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace tessera::arrays {
namespace {
constexpr std::size_t alignment = 64;
constexpr char magic[4] = {'T', 'B', 'L', 'K'};
constexpr std::uint8_t version = 1;

/// What the shape follows.
struct Header {
  char magic[4];
  std::uint8_t version, dtype, rank, zero;
  std::uint64_t data_bytes;
};
static_assert(sizeof(Header) == 16);

constexpr std::size_t data_offset(std::size_t rank) {
  return (sizeof(Header) + rank * sizeof(std::int64_t) + alignment - 1) / alignment * alignment;
}
const Header& header_of(const runtime::SharedBytes& bytes) {
  return *reinterpret_cast<const Header*>(bytes.bytes.data());
}

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
  auto memory = memory::allocate(bytes);
  if (!memory) throw std::bad_alloc();
  return memory;
}

runtime::Failure broken(const std::string& why) { return {runtime::ErrorCode::bad_message, "not a block: " + why}; }
}  // namespace

std::optional<std::int64_t> element_count(ShapeView shape) {
  if (std::ranges::any_of(shape, [](std::int64_t length) { return length < 0; })) return std::nullopt;
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::int64_t count = 1;
  for (const std::int64_t length : shape)
    if (__builtin_mul_overflow(count, length, &count)) return std::nullopt;
  return count;
}

std::string to_string(ShapeView shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

Block::Block() {
  static const Block empty = BlockBuilder(Dtype::float64, Shape{0}).freeze();
  bytes_ = empty.bytes_;
}

std::optional<std::uint64_t> Block::size_bytes_of(Dtype dtype, ShapeView shape) {
  const auto count = element_count(shape);
  if (shape.size() > rank_max || !count) return std::nullopt;
  const auto data = runtime::checked_multiply(static_cast<std::uint64_t>(*count), arrays::size_bytes(dtype));
  if (!data || *data > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return data_offset(shape.size()) + *data;
}

Dtype Block::dtype() const { return static_cast<Dtype>(header_of(bytes_).dtype); }

ShapeView Block::shape() const {
  return {reinterpret_cast<const std::int64_t*>(bytes_.bytes.data() + sizeof(Header)), header_of(bytes_).rank};
}

std::span<const std::byte> Block::raw() const { return bytes_.bytes.subspan(data_offset(header_of(bytes_).rank)); }

const std::byte* Block::checked(Dtype wanted) const {
  TESSERA_ASSERT(wanted == dtype(), "a block is read as elements of another type");
  return raw().data();
}

runtime::Result<Block> Block::decode(const runtime::SharedBytes& bytes) {
  const auto given = bytes.bytes;
  if (given.size() < sizeof(Header)) return broken("the header is cut off");
  Header header;  // The bytes may lie anywhere.
  std::memcpy(&header, given.data(), sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0) return broken("it does not begin with TBLK");
  if (header.version != version) return broken("version " + std::to_string(header.version) + " is not known");
  if (header.dtype >= dtype_count) return broken("dtype " + std::to_string(header.dtype) + " is not known");
  if (header.rank > rank_max) return broken(std::to_string(header.rank) + " dimensions are too many");
  if (header.zero != 0) return broken("a byte of padding is not zero");
  const std::size_t offset = data_offset(header.rank);
  if (given.size() < offset) return broken("the shape is cut off");
  Shape shape(header.rank);
  if (header.rank > 0) std::memcpy(shape.data(), given.data() + sizeof header, header.rank * sizeof(std::int64_t));
  const auto count = element_count(shape);
  const std::uint64_t each = arrays::size_bytes(static_cast<Dtype>(header.dtype));
  if (!count || static_cast<std::uint64_t>(*count) > std::numeric_limits<std::uint64_t>::max() / each)
    return broken("no array has the shape " + to_string(shape));
  const std::uint64_t wanted = static_cast<std::uint64_t>(*count) * each;
  if (header.data_bytes != wanted || given.size() - offset != wanted)
    return broken("the shape " + to_string(shape) + " takes " + std::to_string(wanted) + " bytes, but there are " +
                  std::to_string(given.size() - offset));
  if (static_cast<Dtype>(header.dtype) == Dtype::boolean)
    for (const std::byte one : given.subspan(offset))
      if (one > std::byte{1}) return broken("a bool is neither 0 nor 1");
  if (reinterpret_cast<std::uintptr_t>(given.data()) % alignof(std::int64_t) == 0) return Block(bytes);
  const auto copy = allocate(given.size());
  std::memcpy(copy.get(), given.data(), given.size());
  return Block({copy, {copy.get(), given.size()}});
}

bool operator==(const Block& a, const Block& b) {
  return a.dtype() == b.dtype() && std::ranges::equal(a.shape(), b.shape()) && std::ranges::equal(a.raw(), b.raw());
}

BlockBuilder::BlockBuilder(Dtype dtype, ShapeView shape) : dtype_(dtype) {
  const auto count = element_count(shape);
  TESSERA_ASSERT(shape.size() <= rank_max && count, "no array has this shape");
  const std::size_t offset = data_offset(shape.size());
  TESSERA_ASSERT(static_cast<std::uint64_t>(*count) < (std::uint64_t{1} << 62) / size_bytes(dtype), "the array is too large");
  data_bytes_ = static_cast<std::size_t>(*count) * size_bytes(dtype);
  memory_ = allocate(offset + data_bytes_);
  std::memset(memory_.get(), 0, offset);
  Header header{{}, version, static_cast<std::uint8_t>(dtype), static_cast<std::uint8_t>(shape.size()), 0, data_bytes_};
  std::memcpy(header.magic, magic, sizeof magic);
  std::memcpy(memory_.get(), &header, sizeof header);
  if (!shape.empty()) std::memcpy(memory_.get() + sizeof header, shape.data(), shape.size_bytes());
  data_ = memory_.get() + offset;
}

std::byte* BlockBuilder::checked(Dtype wanted) const {
  TESSERA_ASSERT(wanted == dtype_ && memory_, "a builder is empty or written as elements of another type");
  return data_;
}

Block BlockBuilder::freeze() && {
  TESSERA_ASSERT(memory_, "the builder is empty");
  const std::size_t bytes = static_cast<std::size_t>(data_ - memory_.get()) + data_bytes_;
  const std::byte* begin = memory_.get();
  return Block({std::move(memory_), {begin, bytes}});
}
}  // namespace tessera::arrays
