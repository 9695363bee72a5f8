// SPDX-License-Identifier: Apache-2.0
#include "courier/sniff.hpp"

#include <algorithm>
#include <cstdint>

namespace postern::courier {
namespace {

using namespace std::string_view_literals;

/// Bytes at a place, and what they show.
struct Magic {
  std::size_t at;
  std::string_view bytes, mime;
};

constexpr Magic kMagics[] = {
    {0, "\xFF\xD8\xFF"sv, "image/jpeg"},
    {0, "\x89PNG\r\n\x1A\n"sv, "image/png"},
    {0, "GIF87a"sv, "image/gif"},
    {0, "GIF89a"sv, "image/gif"},
    {0, "BM"sv, "image/bmp"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "#!AMR"sv, "audio/amr"},
    {0, "\x1A\x45\xDF\xA3"sv, "video/webm"},
    {0, "\0\0\1\xBA"sv, "video/mpeg"},
    {0, "\0\0\1\xB3"sv, "video/mpeg"},
    {0, "FLV\1"sv, "video/x-flv"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "PK\3\4"sv, "application/zip"},
    {0, "PK\5\6"sv, "application/zip"},
    {0, "Rar!\x1A\7"sv, "application/vnd.rar"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "application/x-7z-compressed"},
    {0, "\x1F\x8B\x08"sv, "application/gzip"},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "application/x-ole-storage"},
    {0, "{\\rtf"sv, "application/rtf"},
    {0, "MZ"sv, "application/x-executable"},
    {0, "\x7F\x45LF"sv, "application/x-executable"},
    {0, "\xCF\xFA\xED\xFE"sv, "application/x-executable"},
    {0, "\xCA\xFE\xBA\xBE"sv, "application/x-executable"},
    {0, "#!/"sv, "application/x-executable"},
};

/// The four letters after "RIFF" and a size, or the brand after "ftyp".
constexpr Magic kInRiff[] = {{8, "WEBP", "image/webp"}, {8, "WAVE", "audio/wav"}, {8, "AVI ", "video/x-msvideo"}};
constexpr Magic kBrands[] = {
    {8, "M4A", "audio/mp4"},   {8, "M4B", "audio/mp4"},   {8, "heic", "image/heic"},      {8, "heix", "image/heic"},
    {8, "mif1", "image/heic"}, {8, "avif", "image/avif"}, {8, "qt  ", "video/quicktime"}, {8, "3g", "video/3gpp"},
};

/// What a page begins with, in lower case; white space and comments may stand before it.
constexpr std::string_view kPages[] = {"<!doctype html", "<html",  "<head",   "<body",
                                       "<script",        "<title", "<iframe", "<svg"};

bool has(std::string_view bytes, const Magic& magic) {
  return bytes.size() >= magic.at && bytes.substr(magic.at).starts_with(magic.bytes);
}

std::string_view first_of(std::string_view bytes, std::span<const Magic> magics) {
  const auto found = std::find_if(magics.begin(), magics.end(), [&](const Magic& one) { return has(bytes, one); });
  return found == magics.end() ? std::string_view() : found->mime;
}

bool is_page(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  for (bool more = true; more;) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of(" \t\r\n\f"), bytes.size()));
    more = bytes.starts_with("<!--") && bytes.find("-->") != bytes.npos;
    if (more) bytes.remove_prefix(bytes.find("-->") + 3);
  }
  if (bytes.starts_with("<?xml")) return true;  // pictures of that kind (SVG) are programs as well
  const auto begins = [&](std::string_view page) {
    return bytes.size() >= page.size() && std::equal(page.begin(), page.end(), bytes.begin(), [](char lower, char c) {
             return lower == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
           });
  };
  return std::any_of(std::begin(kPages), std::end(kPages), begins);
}

bool is_text(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x1B';
  });
}

// A frame of MPEG sound without a tag before it: eleven bits set, and no reserved version, rate or frequency. Layer I
// is left out, since a text in UTF-16 begins like it.
bool is_mpeg_frame(std::string_view bytes) {
  if (bytes.size() < 4) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  return byte(0) == 0xFF && (byte(1) & 0xE0) == 0xE0 && (byte(1) & 0x18) != 0x08 && (byte(1) & 0x06) != 0x06 &&
         (byte(2) & 0xF0) != 0xF0 && (byte(2) & 0x0C) != 0x0C;
}

}  // namespace

std::string_view sniff(ByteView begin) {
  const std::string_view bytes = chars(begin.first(std::min<std::size_t>(begin.size(), 512)));
  if (bytes.empty()) return {};
  if (bytes.starts_with("RIFF"))
    if (const auto mime = first_of(bytes, kInRiff); !mime.empty()) return mime;
  if (has(bytes, {4, "ftyp", {}})) {
    const auto mime = first_of(bytes, kBrands);
    return mime.empty() ? "video/mp4" : mime;
  }
  // Opus in Ogg is sound; film in Ogg says so on its first page.
  if (bytes.starts_with("OggS") && bytes.find("theora") != bytes.npos) return "video/ogg";
  if (const auto mime = first_of(bytes, kMagics); !mime.empty()) return mime;
  if (is_page(bytes)) return "text/html";
  if (is_mpeg_frame(bytes)) return (static_cast<unsigned char>(bytes[1]) & 0x06) == 0 ? "audio/aac" : "audio/mpeg";
  return is_text(bytes) ? "text/plain" : "application/octet-stream";
}

bool fits(std::string_view attachment, std::string_view mime) {
  if (mime.empty() || mime == "text/html") return false;
  const auto one_of = [&](std::initializer_list<std::string_view> families) {
    return std::any_of(families.begin(), families.end(), [&](std::string_view one) { return mime.starts_with(one); });
  };
  if (attachment == "image") return one_of({"image/"});
  if (attachment == "video") return one_of({"video/"});
  // A voice message is often an MP4 or WebM with nothing but sound in it.
  if (attachment == "audio" || attachment == "voice")
    return one_of({"audio/", "video/mp4", "video/webm", "video/3gpp"});
  // Moving stickers are film, or an animation's description, gzipped.
  if (attachment == "sticker") return one_of({"image/", "video/", "application/gzip"});
  if (attachment == "gif") return one_of({"image/", "video/"});
  return true;
}

}  // namespace postern::courier
