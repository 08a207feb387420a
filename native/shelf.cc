#include "shelf.h"

#include <c10/core/CPUAllocator.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace vit {

namespace {

// Less is not worth a mapping.
constexpr size_t least = 1 << 16;

// Shared with the file, so that what is written to the tensor is not lost when its pages are let go.
struct Mapping {
  void* data;
  size_t length;
  ~Mapping() { munmap(data, length); }
};

void unmap(void* mapping) { delete static_cast<Mapping*>(mapping); }

struct File {
  int descriptor;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
};

int openNameless(const std::string& directory) {
#ifdef O_TMPFILE
  const int descriptor = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
#endif
  std::string name = directory + "/vit-distill-XXXXXX"; // a file system that has no nameless files
  const int named = mkstemp(name.data());
  if (named >= 0) unlink(name.c_str());
  return named;
}

// Written, not mapped and stored to: a full disk is then an answer and no signal.
bool writeAll(int descriptor, const char* data, size_t length) {
  for (size_t done = 0; done < length;) {
    const ssize_t written = pwrite(descriptor, data + done, length - done, static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<size_t>(written);
  }
  return true;
}

Mapping* mapped(const void* data, size_t length, const std::string& directory) {
  const File file{openNameless(directory)};
  if (file.descriptor < 0 || !writeAll(file.descriptor, static_cast<const char*>(data), length)) return nullptr;
  void* address = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0);
  return address == MAP_FAILED ? nullptr : new Mapping{address, length};
}

}  // namespace

napi_value shelve(napi_env env, const Arguments& args) {
  const at::Tensor& tensor = toTensor(env, args[0], "shelve");
  if (!tensor.device().is_cpu() || !tensor.has_storage()) return boolean(env, false);
  c10::StorageImpl& storage = *tensor.storage().unsafeGetStorageImpl();
  const bool own = storage.data_ptr().get_deleter() == c10::GetCPUAllocator()->raw_deleter();
  if (!own || storage.nbytes() < least) return boolean(env, false);
  Mapping* mapping = mapped(storage.data_ptr().get(), storage.nbytes(), toString(env, args[1], "shelve: directory"));
  if (!mapping) return boolean(env, false);
  storage.set_data_ptr(at::DataPtr(mapping->data, mapping, unmap, at::Device(at::kCPU)));
  return boolean(env, true);
}

void letGo(const at::Tensor& tensor) {
  const at::DataPtr& data = tensor.storage().data_ptr();
  if (data.get_deleter() != unmap) return;
  const auto* mapping = static_cast<const Mapping*>(data.get_context());
  madvise(mapping->data, mapping->length, MADV_DONTNEED);
}

}  // namespace vit
