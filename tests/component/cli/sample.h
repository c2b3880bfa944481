#ifndef TESTS_CLI_SAMPLE_H
#define TESTS_CLI_SAMPLE_H
/* What the fake scheduler says in these tests. */

#define SAMPLE_HOSTS                                                                               \
    "{\"hosts\":[{\"name\":\"h1\",\"id\":\"0b6e\",\"state\":\"HOST_STATE_UP\",\"nGuests\":2,"      \
    "\"facts\":{\"cpus\":2,\"memoryTotalBytes\":\"8589934592\",\"memoryFreeBytes\":"               \
    "\"4294967296\","                                                                              \
    "\"accelerator\":\"ACCELERATOR_TCG\",\"qemuVersion\":\"7.2.22\","                              \
    "\"managementAddress\":\"10.90.1.11\"}},"                                                      \
    "{\"name\":\"long-host-name\",\"state\":\"HOST_STATE_SILENT\"}]}"

#define SAMPLE_GUEST                                                                               \
    "{\"spec\":{\"name\":\"g1\",\"uuid\":\"6f1b2c1e-0000-4000-8000-000000000001\",\"vcpus\":1,"    \
    "\"memoryBytes\":\"536879104\",\"machineType\":\"pc-q35-7.2\",\"cpuModel\":\"qemu64\","        \
    "\"disks\":[{\"name\":\"root\",\"pool\":\"data\",\"format\":\"DISK_FORMAT_QCOW2\","            \
    "\"sizeBytes\":\"536870912\"}],\"nics\":[{\"bridge\":\"br0\",\"mac\":\"52:54:00:00:00:01\"}]," \
    "\"migrationStateful\":true},\"state\":\"GUEST_STATE_RUNNING\",\"host\":\"h1\",\"epoch\":"     \
    "\"3\"}"

/* @phase, @step: the enum's names; @done: of 512 MiB. */
#define SAMPLE_MIGRATION(phase, step, done, more)                                                  \
    "{\"id\":\"m-1\",\"guestName\":\"g1\",\"guestUuid\":\"6f1b2c1e-0000-4000-8000-000000000001\"," \
    "\"fromHost\":\"h1\",\"toHost\":\"h2\",\"mode\":\"MIGRATION_MODE_LIVE\",\"attempt\":1,"        \
    "\"phase\":\"MIGRATION_PHASE_" phase "\",\"progress\":{\"step\":\"COPY_STEP_" step             \
    "\",\"bytesTotal\":\"536870912\",\"bytesDone\":\"" done "\",\"rateBps\":\"123731968\","        \
    "\"memoryDoneBytes\":\"104857600\",\"disks\":[{\"doneBytes\":\"33554432\"}]}" more "}"

#define SAMPLE_PLANNED SAMPLE_MIGRATION("PLANNED", "UNSPECIFIED", "0", "")
#define SAMPLE_SUCCEEDED                                                                           \
    SAMPLE_MIGRATION("SUCCEEDED", "DONE", "536870912",                                             \
                     ",\"timings\":{\"totalUs\":\"1820000\",\"blackoutUs\":\"142000\"}")
#define SAMPLE_FAILED                                                                              \
    SAMPLE_MIGRATION("FAILED", "MEMORY", "1048576",                                                \
                     ",\"failure\":{\"code\":\"TARGET_LOST\",\"message\":\"host h2 is gone\"}")
#define SAMPLE_CANCELLED SAMPLE_MIGRATION("CANCELLED", "MEMORY", "1048576", "")

#define SAMPLE_EVENT(cursor, migration)                                                            \
    "{\"cursor\":\"" cursor "\",\"kind\":\"migration.progress\",\"migration\":" migration "}"
#define SAMPLE_PLAN "{\"id\":\"p-1\",\"migrations\":[" SAMPLE_PLANNED "]}"

#endif
