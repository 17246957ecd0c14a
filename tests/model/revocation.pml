/* Revocation against effects in flight, the outbox and crashes, at the granularity of the real system:

     a step of a principal's object is one transaction; nobody else runs meanwhile (authority/use.cpp, app.cpp)
     steps that wait together share one commit; what they answer and ask for leaves after it (shim/principal.js)
     effects are done outside, between the steps of a use; each step begins with a decision of its own
     an alarm is written with the commit; one whose handler did not come to its end goes off again
     a crash, or an eviction, loses what was not committed, and all that was in memory

   Each use has two effects, one after the other: it exchanges a token, and calls an API with it. Then it is
   done: an order is on its way out (core/outbox.cpp).

   Checked with every interleaving of three uses, one revocation, two crashes and a delivery that fails:

     no effect starts for a grant that has ended, but those that its receipt lists
     the receipt lists all effects in flight
     what is settled and held never exceeds the limit
     an effect has exactly one entry before it, and each use one outcome in the end
     an order that was committed is delivered in the end, whatever crashes

   tests/model/revocation.test.js runs it, also in variants that are wrong on purpose and must fail:

     ANSWER_BEFORE_COMMIT   the human's answer leaves before the commit
     NO_DECIDE_ON_RESUME    a use goes on without being asked whether it still may
     ALARM_AFTER_COMMIT     the alarm is not part of the commit
     EFFECT_BEFORE_COMMIT   an effect leaves before the commit
     COUNT_NOTHING          what is held and settled does not count                                          */

#define USES 3
#define LIMIT 2
#define CRASHES 2
#define FAILURES 1

#define EXCHANGE 1
#define CALL 2

typedef Object {
  bool stands;          /* the grant */
  byte in_flight[USES]; /* the effect that has begun and not ended */
  bit held[USES];
  bit settled[USES];
  byte calls[USES];     /* entries of the trail */
  byte outcomes[USES];
  byte listed[USES];    /* in the receipt of the revocation */
  bit order[USES];      /* waits in the outbox */
  bit alarm
};
Object state; /* as steps see it */
Object kept;  /* as it was committed last */

/* In memory. */
bit dirty;              /* steps wait for their commit */
byte leaves[USES];      /* effects and an answer that wait for it as well */
bit answer_leaves;
byte may_start[USES];   /* committed: the host begins the effect */
bit follows[USES];      /* somebody waits for the end of its effect */
byte result[USES];
byte handling;          /* an alarm; 2: its last step waits for the commit */
bit sent[USES];         /* deliveries of this alarm */
bit arrived[USES];

/* Outside. */
byte running[USES];
bit answered;           /* the human knows that it is revoked */
byte delivered[USES];
byte crashes, failures;

byte i, sum; /* within one step; always 0 between them */
#define each for (i : 0 .. USES - 1)

inline copy(from, to) {
  to.stands = from.stands;
  to.alarm = from.alarm;
  each {
    to.in_flight[i] = from.in_flight[i];
    to.held[i] = from.held[i];
    to.settled[i] = from.settled[i];
    to.calls[i] = from.calls[i];
    to.outcomes[i] = from.outcomes[i];
    to.listed[i] = from.listed[i];
    to.order[i] = from.order[i]
  }
  i = 0
}

inline wake() {
#ifdef ALARM_AFTER_COMMIT
  alarm_leaves = 1
#else
  state.alarm = 1
#endif
}

#ifdef ALARM_AFTER_COMMIT
bit alarm_leaves, alarm_may_be_set;
#endif

inline ask_for(u, effect) {
#ifdef EFFECT_BEFORE_COMMIT
  may_start[u] = effect;
#else
  leaves[u] = effect;
#endif
  state.in_flight[u] = effect;
  follows[u] = 1;
  wake(); /* it is abandoned if nobody says how it ended */
  dirty = 1
}

/* A use is over without having done anything. */
inline stop(u) {
  state.in_flight[u] = 0;
  state.held[u] = 0;
  state.outcomes[u]++;
  assert(state.outcomes[u] == 1);
  dirty = 1
}

inline count() {
  each { sum = sum + state.held[i] + state.settled[i] }
  i = 0
}

inline within_limit() {
  count();
  assert(sum <= LIMIT);
  sum = 0
}

/* ---- A use of the grant: the steps of its call, and its effects outside ---- */

proctype Use(byte u) {
  bit fits;
end:
  do
  /* Begin. A client whose step was lost with a crash calls again. */
  :: atomic {
       state.calls[u] == 0 && state.stands ->
       d_step {
#ifndef COUNT_NOTHING
         count();
#endif
         fits = (sum < LIMIT);
         sum = 0
       }
       if
       :: fits ->
          d_step {
            state.held[u] = 1;
            state.calls[u]++;
            ask_for(u, EXCHANGE);
            within_limit()
          }
       :: !fits -> fits = 0; break /* denied */
       fi;
       fits = 0
     }

  /* The host begins an effect. */
  :: d_step {
       may_start[u] != 0 ->
       /* Nothing of a grant that has ended, but what the receipt lists. */
       assert(kept.stands || kept.listed[u] == may_start[u]);
       assert(!answered || kept.listed[u] == may_start[u]);
       /* Its entry was written before. */
       assert(kept.calls[u] == 1 && kept.outcomes[u] == 0);
       running[u] = may_start[u];
       may_start[u] = 0
     }

  /* It ends outside; after a crash nobody hears of it. */
  :: d_step {
       running[u] != 0 ->
       if
       :: follows[u] -> result[u] = running[u]
       :: else -> skip
       fi;
       running[u] = 0
     }

  /* Resume. */
  :: d_step {
       result[u] != 0 ->
       if
#ifndef NO_DECIDE_ON_RESUME
       :: !state.stands -> stop(u); follows[u] = 0
#endif
       :: else ->
          if
          :: result[u] == EXCHANGE -> ask_for(u, CALL)
          :: else ->
             state.in_flight[u] = 0;
             state.held[u] = 0;
             state.settled[u] = 1;
             state.outcomes[u]++;
             assert(state.outcomes[u] == 1);
             state.order[u] = 1;
             follows[u] = 0;
             wake();
             dirty = 1
          fi
       fi;
       result[u] = 0;
       within_limit()
     }
  od
}

/* ---- The human revokes, and asks again as long as there is no answer ---- */

proctype Human() {
end:
  do
  :: d_step {
       !answered && !answer_leaves ->
       if
       :: state.stands ->
          state.stands = 0;
          each { state.listed[i] = state.in_flight[i] }
          i = 0
       :: else -> skip
       fi;
#ifdef ANSWER_BEFORE_COMMIT
       answered = 1;
#else
       answer_leaves = 1;
#endif
       dirty = 1
     }
  od
}

/* ---- The object's alarm: what was abandoned, and what waits in the outbox ---- */

proctype Alarm() {
end:
  do
  :: d_step {
       kept.alarm && handling == 0 && !dirty ->
       kept.alarm = 0;
       state.alarm = 0;
       handling = 1;
       each {
         if
         /* No effect lasts as long as a use may wait. */
         :: state.in_flight[i] != 0 && !follows[i] && running[i] == 0 -> stop(i)
         :: else -> skip
         fi;
         if
         :: state.in_flight[i] != 0 -> wake(); dirty = 1
         :: else -> skip
         fi;
         sent[i] = state.order[i]
       }
       i = 0;
       within_limit()
     }
  /* The deliveries leave after the commit; one may fail. */
  :: atomic {
       handling == 1 && !dirty && (sent[0] || sent[1] || sent[2]) ->
       if
       :: sent[0] -> i = 0
       :: !sent[0] && sent[1] -> i = 1
       :: !sent[0] && !sent[1] -> i = 2
       fi;
       sent[i] = 0;
       if
       :: delivered[i] = 1; arrived[i] = 1
       :: failures < FAILURES -> failures++
       fi;
       i = 0
     }
  /* Their results are a step; with its commit the handler is at its end. */
  :: d_step {
       handling == 1 && !dirty && !(sent[0] || sent[1] || sent[2]) ->
       each {
         if
         :: arrived[i] -> assert(delivered[i]); state.order[i] = 0; arrived[i] = 0; dirty = 1
         :: else -> skip
         fi;
         if
         :: state.order[i] -> wake(); dirty = 1
         :: else -> skip
         fi
       }
       i = 0;
       handling = 2
     }
  :: d_step { handling == 2 && !dirty -> handling = 0 }
#ifdef ALARM_AFTER_COMMIT
  :: d_step { alarm_may_be_set -> kept.alarm = 1; state.alarm = 1; alarm_may_be_set = 0 }
#endif
  od
}

/* ---- The commit of the steps that wait together, and then what they answer and ask for ---- */

proctype Commit() {
end:
  do
  :: d_step {
       dirty ->
       /* The receipt is complete. */
       if
       :: kept.stands && !state.stands ->
          each {
            assert(running[i] == 0 || state.listed[i] == running[i]);
            assert(may_start[i] == 0 || state.listed[i] == may_start[i])
          }
          i = 0
       :: else -> skip
       fi;
       copy(state, kept);
       dirty = 0;
       each {
         if
         :: leaves[i] != 0 -> may_start[i] = leaves[i]; leaves[i] = 0
         :: else -> skip
         fi
       }
       i = 0;
       if
       :: answer_leaves -> answered = 1; answer_leaves = 0
       :: else -> skip
       fi;
#ifdef ALARM_AFTER_COMMIT
       if
       :: alarm_leaves -> alarm_may_be_set = 1; alarm_leaves = 0
       :: else -> skip
       fi;
#endif
       /* No order is lost. */
       each { assert(!kept.settled[i] || kept.order[i] || delivered[i]) }
       i = 0
     }
  od
}

/* ---- A crash, or an eviction: anywhere, but not forever ---- */

proctype Crash() {
end:
  do
  :: d_step {
       crashes < CRASHES ->
       crashes++;
       copy(kept, state);
       dirty = 0;
       answer_leaves = 0;
       each {
         leaves[i] = 0;
         may_start[i] = 0;
         follows[i] = 0;
         result[i] = 0;
         sent[i] = 0;
         arrived[i] = 0
       }
       i = 0;
#ifdef ALARM_AFTER_COMMIT
       alarm_leaves = 0;
       alarm_may_be_set = 0;
#endif
       if
       :: handling != 0 -> handling = 0; kept.alarm = 1; state.alarm = 1 /* it goes off again */
       :: else -> skip
       fi;
       each { assert(!kept.settled[i] || kept.order[i] || delivered[i]) }
       i = 0
     }
  od
}

init {
  atomic {
    state.stands = 1;
    kept.stands = 1;
    run Use(0);
    run Use(1);
    run Use(2);
    run Human();
    run Alarm();
    run Commit();
    run Crash()
  }
}

/* The human gets an answer; every use that has begun has an outcome; every order is delivered. All uses are
   alike, so one stands for them all. */
ltl answers { <> answered }
ltl ends { [] (kept.calls[0] == 1 -> <> (kept.outcomes[0] == 1)) }
ltl delivers { [] (kept.settled[0] -> <> delivered[0]) }
