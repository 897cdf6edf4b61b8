#include "front/assets/assets.h"

#include <algorithm>
#include <zlib.h>

namespace millrace::front {

namespace {

constexpr int window_with_gzip_header = 15 + 16;  // zlib's way to say so

// The last four bytes of gzip: the length of the content, little-endian (RFC 1952, section 2.3.1).
std::size_t unpacked_size(std::string_view gzipped) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4 && gzipped.size() > 18; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(gzipped[gzipped.size() - 4 + i])) << (8 * i);
  }
  return size;
}

}  // namespace

const Asset* find_asset(std::string_view path) {
  std::span<const Asset> assets = all_assets();
  auto found = std::ranges::lower_bound(assets, path, {}, &Asset::path);
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

std::string_view cache_control(const Asset& asset) {
  return asset.immutable ? "public, max-age=31536000, immutable" : "no-cache";
}

Result<std::string> unpacked(const Asset& asset) {
  std::string body(unpacked_size(asset.gzipped), '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzipped.data()));
  stream.avail_in = static_cast<uInt>(asset.gzipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(body.data());
  stream.avail_out = static_cast<uInt>(body.size());
  if (inflateInit2(&stream, window_with_gzip_header) != Z_OK) {
    return Error{ErrorCode::unavailable, "no memory to unpack '" + std::string(asset.path) + "'"};
  }
  int code = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Error{ErrorCode::corrupt, "'" + std::string(asset.path) + "' cannot be unpacked"};
  return body;
}

}  // namespace millrace::front
