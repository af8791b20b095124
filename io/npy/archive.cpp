#include "io/file.hpp"
#include "io/npy/npy.hpp"
#include "io/npy/values.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <list>
#include <memory>

namespace tessera::io::npy {
using arrays::Block;
using arrays::BlockBuilder;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr std::string_view ending = ".npy";
/// No byte of deflate makes more.
constexpr std::uint64_t deflate_expansion_max = 1032;
/// 1 January 1980, midnight, the first time that zip can tell.
constexpr zip_uint16_t dos_time = 0, dos_date = 1 << 5 | 1;

Failure refuse(const std::string& where, const std::string& why) { return {ErrorCode::bad_input, fmt::format("{} {}", where, why)}; }

struct Error {
  zip_error_t error;
  Error() { zip_error_init(&error); }
  ~Error() { zip_error_fini(&error); }
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
};
using Archive = std::unique_ptr<zip_t, decltype([](zip_t* it) { zip_discard(it); })>;
using Member = std::unique_ptr<zip_file_t, decltype([](zip_file_t* it) { zip_fclose(it); })>;

runtime::Result<void> read_all(zip_file_t* member, std::span<std::byte> to, const std::string& where) {
  while (!to.empty()) {
    const zip_int64_t got = zip_fread(member, to.data(), to.size());
    if (got < 0) return refuse(where, fmt::format("is broken: {}", zip_file_strerror(member)));
    if (got == 0) return refuse(where, fmt::format("ends {} bytes too early: it is broken", to.size()));
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

/// What the archive says of a member, of which nothing is believed: the checksum is compared when all of it was read.
runtime::Result<zip_stat_t> look_at(zip_t* archive, zip_uint64_t index, const std::string& where) {
  constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_stat_index(archive, index, 0, &status) != 0 || (status.valid & needed) != needed)
    return refuse(where, fmt::format("has a member {} that is not described: it is broken", index));
  const std::string member = fmt::format("'{}' of {}", status.name, where);
  if (!std::string_view(status.name).ends_with(ending))
    return refuse(member, "is no array: an archive of np.savez has members that end in .npy only");
  if (status.encryption_method != ZIP_EM_NONE) return refuse(member, "is encrypted: save it without a password");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    return refuse(member, fmt::format("is compressed with method {} of zip; NumPy stores (0) or deflates (8)", status.comp_method));
  if (status.size / deflate_expansion_max > status.comp_size)
    return refuse(member, fmt::format("claims that its {} bytes become {}: it is broken", status.comp_size, status.size));
  return status;
}

runtime::Result<Block> read_member(zip_t* archive, const zip_stat_t& status, const std::string& where) {
  const Member member(zip_fopen_index(archive, status.index, 0));
  if (!member) return refuse(where, fmt::format("cannot be read: {}", zip_strerror(archive)));
  std::vector<std::byte> beginning(static_cast<std::size_t>(std::min<std::uint64_t>(status.size, beginning_bytes_max)));
  if (const auto done = read_all(member.get(), beginning, where); !done) return done.failure();
  const auto header = parse_header(beginning, where);
  if (!header) return header.failure();
  if (status.size - header->values_at != header->values_bytes)
    return refuse(where, fmt::format("has the shape {}, which takes {} bytes, but {} follow its header: it is broken",
                                     arrays::to_string(header->shape), header->values_bytes, status.size - header->values_at));
  BlockBuilder values(header->dtype, header->shape);
  const auto first = std::span(beginning).subspan(static_cast<std::size_t>(header->values_at));
  std::ranges::copy(first, values.raw().begin());
  if (const auto done = read_all(member.get(), values.raw().subspan(first.size()), where); !done) return done.failure();
  std::byte more;  // At the end the checksum is compared.
  if (zip_fread(member.get(), &more, 1) != 0) return refuse(where, fmt::format("is broken: {}", zip_file_strerror(member.get())));
  return arrange(*header, std::move(values), where);
}

/// Takes `source` over.
runtime::Result<Arrays> read_source(zip_source_t* source, std::uint64_t file_bytes, const std::string& where, runtime::Bytes bytes_max) {
  Error error;
  const Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error.error));
  if (!archive || file_bytes == 0) {  // To the library no bytes are an archive without members.
    if (!archive) zip_source_free(source);
    return refuse(where, fmt::format("is no .npz archive, or is cut off: {}", zip_error_strerror(&error.error)));
  }
  std::vector<zip_stat_t> members;
  std::uint64_t bytes = 0, stored_bytes = 0;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const auto status = look_at(archive.get(), static_cast<zip_uint64_t>(i), where);
    if (!status) return status.failure();
    members.push_back(*status);
    // What a member becomes is below 2^64 / 1032 times its bytes; sums that overflow were refused long before.
    bytes += status->size;
    stored_bytes += status->comp_size;
    if (stored_bytes > file_bytes || status->comp_size > file_bytes)
      return refuse(where, fmt::format("has members of more bytes than its {}: they lie over each other, or it is cut off", file_bytes));
    if (bytes > bytes_max.value && bytes / expansion_max > file_bytes)
      return refuse(where, fmt::format("would become more than {} from {} bytes: raise the bound if you trust it", to_string(bytes_max),
                                       file_bytes));
  }
  Arrays arrays;
  for (const zip_stat_t& status : members) {
    std::string name(status.name);
    const auto block = read_member(archive.get(), status, fmt::format("'{}' of {}", name, where));
    if (!block) return block.failure();
    name.resize(name.size() - ending.size());
    if (!arrays.emplace(name, *block).second) return refuse(where, fmt::format("has two arrays '{}'", name));
  }
  return arrays;
}

/// What a member is made of; it must stay until the archive is closed.
struct Parts {
  std::string header;
  std::array<zip_buffer_fragment_t, 2> fragments;
};

runtime::Result<void> add(zip_t* archive, const std::string& name, const Block& block, Compression compression, Parts& parts) {
  parts.header = header_of(block.dtype(), block.shape());
  auto* const header = reinterpret_cast<zip_uint8_t*>(parts.header.data());
  // The library takes pointers to what it only reads.
  auto* const values = reinterpret_cast<zip_uint8_t*>(const_cast<std::byte*>(block.raw().data()));
  parts.fragments = {{{header, parts.header.size()}, {values, block.raw().size()}}};
  zip_source_t* source = zip_source_buffer_fragment(archive, parts.fragments.data(), block.raw().empty() ? 1 : 2, /*freep=*/0);
  const std::string member = name + std::string(ending);
  const zip_int64_t index = source == nullptr ? -1 : zip_file_add(archive, member.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return Failure{ErrorCode::invalid_argument, fmt::format("no array of an archive can have the name '{}': {}", name, zip_strerror(archive))};
  }
  const auto at = static_cast<zip_uint64_t>(index);
  zip_set_file_compression(archive, at, compression == Compression::deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  zip_file_set_dostime(archive, at, dos_time, dos_date, 0);
  return {};
}
}  // namespace

runtime::Result<Arrays> decode_archive(std::span<const std::byte> bytes, const std::string& where, runtime::Bytes bytes_max) {
  Error error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error.error);
  if (source == nullptr) return Failure{ErrorCode::io_failed, fmt::format("cannot read {}: {}", where, zip_error_strerror(&error.error))};
  return read_source(source, bytes.size(), where, bytes_max);
}

runtime::Result<Arrays> read_archive(const std::string& path, runtime::Bytes bytes_max) {
  const auto file = File::open(path);
  if (!file) return file.failure();
  Error error;
  zip_source_t* source = zip_source_file_create(path.c_str(), 0, -1, &error.error);
  if (source == nullptr) return Failure{ErrorCode::io_failed, fmt::format("cannot read {}: {}", path, zip_error_strerror(&error.error))};
  return read_source(source, file->size_bytes(), path, bytes_max);
}

runtime::Result<void> write_archive(const std::string& path, const Arrays& arrays, Compression compression) {
  if (arrays.empty()) return Failure{ErrorCode::invalid_argument, fmt::format("an archive has one array at least: {} is not written", path)};
  const auto failed = [&](const std::string& why) { return Failure{ErrorCode::io_failed, fmt::format("cannot write {}: {}", path, why)}; };
  const std::string temporary = temporary_name(path);
  int code = 0;
  std::list<Parts> parts;
  Archive archive(zip_open(temporary.c_str(), ZIP_CREATE | ZIP_EXCL, &code));
  if (!archive) {
    Error error;
    zip_error_init_with_code(&error.error, code);
    return failed(zip_error_strerror(&error.error));
  }
  for (const auto& [name, block] : arrays)
    if (const auto done = add(archive.get(), name, block, compression, parts.emplace_back()); !done) return done;
  if (zip_close(archive.get()) != 0) return failed(zip_strerror(archive.get()));
  (void)archive.release();
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (!error) return {};
  const auto failure = failed(error.message());
  std::filesystem::remove(temporary, error);
  return failure;
}
}  // namespace tessera::io::npy
