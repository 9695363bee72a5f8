// SPDX-License-Identifier: Apache-2.0
#include "courier/sniff.hpp"

#include <random>
#include <string>

#include "catch.hpp"

using namespace postern;
using namespace postern::courier;
using namespace std::string_literals;

namespace {

std::string_view sniffed(const std::string& bytes) {
  return sniff(view(bytes));
}

}  // namespace

TEST_CASE("files are told by their first bytes") {
  const std::pair<std::string, std::string_view> files[] = {
      {"\xFF\xD8\xFF\xE0\0\x10JFIF"s, "image/jpeg"},
      {"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s, "image/png"},
      {"GIF89a\1\0"s, "image/gif"},
      {"RIFF\x24\0\0\0WEBPVP8 "s, "image/webp"},
      {"RIFF\x24\0\0\0WAVEfmt "s, "audio/wav"},
      {"RIFF\x24\0\0\0AVI LIST"s, "video/x-msvideo"},
      {"RIFF\x24\0\0\0"s, "application/octet-stream"},
      {"\0\0\0\x20"s + "ftypisom\0\0\2\0"s, "video/mp4"},
      {"\0\0\0\x20"s + "ftypM4A \0\0\2\0"s, "audio/mp4"},
      {"\0\0\0\x20"s + "ftypheic\0\0\0\0"s, "image/heic"},
      {"\0\0\0\x20"s + "ftyp3gp4\0\0\0\0"s, "video/3gpp"},
      {"\0\0\0\x20"s + "ftypqt  \0\0\0\0"s, "video/quicktime"},
      {"OggS\0\2\0\0OpusHead"s, "audio/ogg"},
      {"OggS\0\2\0\0\x80theora"s, "video/ogg"},
      {"ID3\4\0"s, "audio/mpeg"},
      {"\xFF\xFB\x90\x44\0"s, "audio/mpeg"},
      {"\xFF\xF1\x50\x80\0"s, "audio/aac"},
      {"#!AMR\n"s, "audio/amr"},
      {"\x1A\x45\xDF\xA3\x9F"s, "video/webm"},
      {"%PDF-1.7\n"s, "application/pdf"},
      {"PK\3\4\x14"s, "application/zip"},
      {"\x1F\x8B\x08\0{"s, "application/gzip"},
      {"MZ\x90\0"s, "application/x-executable"},
      {"\x7F\x45LF\2"s, "application/x-executable"},
      {"#!/bin/sh\n"s, "application/x-executable"},
      {"<!DOCTYPE HTML><p>"s, "text/html"},
      {"\xEF\xBB\xBF \n<!-- a --><HTML>"s, "text/html"},
      {"<?xml version=\"1.0\"?><svg>"s, "text/html"},
      {"<svg onload=alert(1)>"s, "text/html"},
      {"Dear all,\n"s, "text/plain"},
      {"\xFF\xFEh\0i\0"s, "application/octet-stream"},
      {"\1\2\3"s, "application/octet-stream"},
      {""s, ""},
  };
  for (const auto& [bytes, mime] : files) CHECK(sniffed(bytes) == mime);
}

TEST_CASE("only the first 512 bytes count") {
  CHECK(sniffed(std::string(600, 'a') + "\0"s) == "text/plain");
  CHECK(sniffed(std::string(500, ' ') + "<html>") == "text/html");
  CHECK(sniffed(std::string(600, ' ') + "<html>") == "text/plain");
}

TEST_CASE("every beginning of every length has an answer") {
  std::mt19937 random(7);
  const std::string pieces[] = {"RIFF", "ftyp", "OggS", "<!--", "-->", "\xFF", "\0"s, "PK", "II*", "<", "WEBP", " "};
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes;
    for (auto length = random() % 8; length > 0; --length) bytes += pieces[random() % std::size(pieces)];
    CHECK((sniffed(bytes).empty() == bytes.empty()));
  }
}

TEST_CASE("a picture must be a picture, and a page is never kept") {
  CHECK(fits("image", "image/jpeg"));
  CHECK_FALSE(fits("image", "video/mp4"));
  CHECK_FALSE(fits("image", "application/x-executable"));
  CHECK_FALSE(fits("image", "text/plain"));
  CHECK(fits("video", "video/mp4"));
  CHECK_FALSE(fits("video", "image/png"));
  CHECK(fits("voice", "audio/ogg"));
  CHECK(fits("voice", "video/mp4"));
  CHECK_FALSE(fits("audio", "video/quicktime"));
  CHECK(fits("sticker", "image/webp"));
  CHECK(fits("sticker", "application/gzip"));
  CHECK(fits("gif", "video/mp4"));
  CHECK(fits("file", "application/pdf"));
  CHECK(fits("file", "application/octet-stream"));
  for (const auto* type : {"image", "video", "audio", "voice", "sticker", "gif", "file", "share", "story"}) {
    CHECK_FALSE(fits(type, "text/html"));
    CHECK_FALSE(fits(type, ""));
  }
}
