/* What strikes from outside. `loss` allows one of them per run to take memory with it. */

#ifdef COLD
#define IN_MEMORY PAUSED
#else
#define IN_MEMORY COMPLETED
#endif

proctype faults()
{
    do
    /* QEMU A dies: a guest's crash. What was shut down or copied cold is on disk. */
    :: d_step { !loss && (qa == RUN || qa == PAUSED || qa == SENDING || qa == IN_MEMORY) ->
           qa = DEAD; loss = true; check() }
    /* QEMU B dies after it may have run, or with A's pages half sent: a guest's crash. */
    :: d_step { !loss && (qb == RUN || (rb == ACTIVE && qb == LOADED) ||
                          (missing && qb == LOADED)) ->
#ifdef COLD
           qb = (qb == LOADED -> LOADED : DEAD);
#else
           qb = DEAD;
#endif
           loss = true; check() }

    /* Host A loses power. Its agent does not sync what it journals in the blackout. */
    :: d_step { !loss && !fa ->
           loss = true; starting = 0;
#ifdef COLD
           qa = (qa == COMPLETED || qa == DOWN -> DOWN : DEAD);
#ifdef BUG_COLD_RELINQUISHED_UNSYNCED
           ra = (ra == RELINQUISHED -> OUTGOING : ra);
#endif
#else
           qa = DEAD;
#if defined(DIRECT) && !defined(BUG_SOURCE_FORGETS)
           /* It may have told B, so it can't say that it has the guest. */
           ra = (ra == RELINQUISHED || ra == OUTGOING -> UNSURE : ra);
#else
           /* B can't run without S, and S has heard of it, or never will. */
           ra = (ra == RELINQUISHED -> OUTGOING : ra);
#endif
#endif
           check() }

    /* Host B loses power. Cold, ACTIVE is synced; live it is not. */
    :: d_step { !loss && !fb ->
           loss = true;
#ifdef COLD
           qb = (qb == LOADED -> LOADED : DEAD);
#else
           qb = DEAD;
#ifdef BUG_TARGET_FORGETS /* "I never let it run" */
           rb = (rb == ACTIVE -> INCOMING : rb);
#else
           rb = (rb == ACTIVE || rb == INCOMING -> UNSURE : rb);
#endif
#endif
           check() }

    /* A fence, with proof that the host is off. When it is back, its agents obey only what S says
     * then, so for this guest they are out of the play. */
    :: d_step { !fa -> fa = true; qa = DEAD; starting = 0; check() }
    :: d_step { !fb && rb != NONE -> fb = true; qb = DEAD; check() }

    /* From now on nothing fails any more: what is then left must come to its verdict. */
    :: break
    od
}
