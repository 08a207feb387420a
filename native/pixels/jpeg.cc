// The part of a JPEG file that is asked for, decoded by the system's libjpeg-turbo to the byte as libvips does, and resized on the way.
// Whatever is not quite in order is left to libvips: one warning, and the answer is no.
#include "resample.h"

#ifdef WITH_JPEG
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>

#include <jpeglib.h>

namespace {

// libjpeg's decoder, left in mid-work at an error: between setjmp and longjmp there is nothing that would have to be destroyed.
struct Decoder : jpeg_decompress_struct {
  jpeg_error_mgr errors;
  jpeg_progress_mgr watch;
  jmp_buf outside;
};

[[noreturn]] void leave(j_common_ptr decoder) {
  longjmp(static_cast<Decoder*>(reinterpret_cast<j_decompress_ptr>(decoder))->outside, 1);
}

void leaveAtWarning(j_common_ptr decoder, int level) {
  if (level < 0) leave(decoder);
}

constexpr int mostScans = 100;  // a small file could ask for a large picture's worth of work many thousand times

void countScans(j_common_ptr decoder) {
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number > mostScans) leave(decoder);
}

// What the header promised to JavaScript, who made the taps for it.
struct Promise {
  const uint8_t* bytes;
  size_t length, height, width, channels;
};

bool isKept(const Decoder& decoder, const Promise& promise) {
  const auto colours = promise.channels == 3 ? JCS_YCbCr : JCS_GRAYSCALE;
  return decoder.image_width == promise.width && decoder.image_height == promise.height && decoder.jpeg_color_space == colours &&
         !decoder.arith_code;
}

// Bits that no scan of a progressive file brought would be guessed, by each version of libjpeg in its own way.
bool isComplete(const Decoder& decoder) {
  if (!decoder.coef_bits) return true;
  for (int i = 0; i < decoder.num_components; ++i) {
    for (int k = 0; k < DCTSIZE2; ++k) {
      if (decoder.coef_bits[i][k] != 0) return false;
    }
  }
  return true;
}

bool isRestart(int marker) {
  return marker >= JPEG_RST0 && marker <= JPEG_RST0 + 7;
}

// Whether what was not decoded goes on to the end mark, without another mark between.
bool endsWell(const Decoder& decoder) {
  if (decoder.unread_marker != 0 && !isRestart(decoder.unread_marker)) return decoder.unread_marker == JPEG_EOI;
  const uint8_t* at = decoder.src->next_input_byte;
  const uint8_t* end = at + decoder.src->bytes_in_buffer;
  while ((at = static_cast<const uint8_t*>(std::memchr(at, 0xff, end - at)))) {
    while (at < end && *at == 0xff) ++at;
    if (at == end) return false;
    if (*at == JPEG_EOI) return true;
    if (*at != 0 && !isRestart(*at)) return false;
  }
  return false;
}

// Columns beside those asked for are decoded too: colours of lower resolution are smoothed over their neighbours.
constexpr size_t margin = 8;

bool decode(Decoder& decoder, const Promise& promise, Resampling& passes, uint8_t* strip) {
  if (setjmp(decoder.outside)) return false;
  jpeg_create_decompress(&decoder);
  decoder.progress = &decoder.watch;
  jpeg_mem_src(&decoder, promise.bytes, promise.length);
  jpeg_read_header(&decoder, TRUE);
  if (!isKept(decoder, promise)) return false;
  jpeg_start_decompress(&decoder);
  if (!isComplete(decoder)) return false;

  const size_t begin = std::max(passes.across.begin(), margin) - margin;
  JDIMENSION left = begin, width = std::min(passes.across.end() + margin, promise.width) - begin;
  jpeg_crop_scanline(&decoder, &left, &width);
  const size_t stride = width * promise.channels;
  const size_t offset = (passes.across.begin() - left) * promise.channels;
  if (passes.down.begin() > 0) jpeg_skip_scanlines(&decoder, passes.down.begin());
  while (decoder.output_scanline < passes.down.end()) {
    const size_t rows = std::min(Resampling::most, passes.down.end() - decoder.output_scanline);
    for (size_t y = 0; y < rows;) {
      JSAMPROW next[Resampling::most];
      for (size_t i = y; i < rows; ++i) next[i - y] = strip + i * stride;
      y += jpeg_read_scanlines(&decoder, next, rows - y);
    }
    passes.take(strip + offset, stride, rows);
  }
  return jpeg_has_multiple_scans(&decoder) || endsWell(decoder);
}

bool decode(const Promise& promise, Resampling& passes) {
  const std::unique_ptr<uint8_t[]> strip(new uint8_t[Resampling::most * promise.width * promise.channels]);
  Decoder decoder{};
  decoder.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = leave;
  decoder.errors.emit_message = leaveAtWarning;
  decoder.watch.progress_monitor = countScans;
  const bool isDone = decode(decoder, promise, passes, strip.get());
  jpeg_destroy_decompress(&decoder);
  return isDone;
}

}  // namespace
#endif

// (file's bytes, height, width, channels, then as `resample`): true when the picture lies in `out`
napi_value resampleJpeg(napi_env env, napi_callback_info info) {
  bool isDone = false;
#ifdef WITH_JPEG
  const Arguments given(env, info);
  const auto [bytes, length] = given.array<uint8_t>(0);
  const Promise promise{bytes, length, given.whole(1), given.whole(2), given.whole(3)};
  Resampling passes(tapsOf(given, 4), tapsOf(given, 7), promise.channels);
  isDone = decode(promise, passes);
  if (isDone) passes.finish(given.array<uint8_t>(10).data);
#endif
  napi_value answer;
  napi_get_boolean(env, isDone, &answer);
  return answer;
}
