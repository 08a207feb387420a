/* Preloaded: tells libubsan where its reports go. Beside libasan it tells that to libasan, whose function has the same name. */
#include <dlfcn.h>
#include <stdlib.h>

__attribute__((constructor)) static void tell(void) {
  void* library = dlopen("libubsan.so.1", RTLD_NOW);
  void (*setPath)(const char*) = library ? (void (*)(const char*))dlsym(library, "__sanitizer_set_report_path") : 0;
  const char* path = getenv("VIT_DISTILL_UBSAN_LOG");
  if (setPath && path) setPath(path);
}
