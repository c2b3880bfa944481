#ifndef FQ_IMAGE_H
#define FQ_IMAGE_H
/* A disk image, raw or qcow2, with QEMU's own locks on the file: enough of both formats for real
 * qemu-img and qemu-nbd to read what a fake guest wrote, and the other way round. Functions return
 * 0 or a negative errno. Thread: any. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct fq_image {
    int fd;
    bool is_qcow2;
    bool is_readonly;
    bool is_active; /* locked for writing; set under the mutex */
    uint64_t size;  /* as the guest sees it */
    unsigned cluster_bits;
    pthread_mutex_t mutex;
};

/* Open @path; *@image is the caller's and does not move. No lock is taken. -EINVAL: not an image
 * that the fake understands. */
int fq_image_open(struct fq_image *image, const char *path, bool is_qcow2, bool is_readonly);
void fq_image_close(struct fq_image *image);
/* Take the locks of a writer (a read-only image: none). *out_error: QEMU's words for the refusal,
 * static storage. */
int fq_image_activate(struct fq_image *image, const char **out_error);
void fq_image_deactivate(struct fq_image *image);

int fq_image_read(struct fq_image *image, void *buffer, uint32_t len, uint64_t offset);
int fq_image_write(struct fq_image *image, const void *buffer, uint32_t len, uint64_t offset);
/* Make the range read as zeros. */
int fq_image_zero(struct fq_image *image, uint32_t len, uint64_t offset);
int fq_image_flush(struct fq_image *image);
/* The next piece at or after @from that may hold data, at most @max bytes; *out_len 0: none. */
int fq_image_next_data(
    struct fq_image *image, uint64_t from, uint32_t max, uint64_t *out_offset, uint32_t *out_len);

/* ---- qcow2.c: offsets in the guest's disk to offsets in the file; the mutex is held ---- */

int fq_qcow2_open(struct fq_image *image);
/* File offset of guest offset @offset, 0 where nothing is allocated. With @make it is allocated. */
int fq_qcow2_map(struct fq_image *image, uint64_t offset, bool make, uint64_t *out_file_offset);

#endif
