/* Threads that meet: the last to arrive does what must be done once, then all go on. Plain POSIX threads, so that no
   runtime outlives a call and a process may fork; elsewhere one thread does all. */

#ifndef CITYOPS_SURFACE_TEAM_H
#define CITYOPS_SURFACE_TEAM_H

#define MOST_THREADS 64

#if defined(_WIN32)

typedef struct {
    int size;
} Team;

typedef struct {
    void *shared;
    int id;
    Team *team;
} Member;

static void meet(Team *team, void (*once)(void *, int), void *shared)
{
    if (once)
        once(shared, team->size);
}

static int run_team(int size, void *(*work)(void *), void *shared)
{
    Team team = {1};
    Member member = {shared, 0, &team};
    (void)size;
    work(&member);
    return 1;
}

#else

#include <pthread.h>

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int size, here;
    unsigned round;
} Team;

typedef struct {
    void *shared;
    int id;
    Team *team;
} Member;

static void meet(Team *team, void (*once)(void *, int), void *shared)
{
    pthread_mutex_lock(&team->lock);
    unsigned round = team->round;
    if (++team->here >= team->size) {
        if (once)
            once(shared, team->size);
        team->here = 0;
        team->round++;
        pthread_cond_broadcast(&team->turn);
    } else {
        while (team->round == round)
            pthread_cond_wait(&team->turn, &team->lock);
    }
    pthread_mutex_unlock(&team->lock);
}

/* Runs `work` on up to `size` threads, this one among them; gives how many there were. They wait at the gate (the first
   lock) until it is known how many could be started. */
static int run_team(int size, void *(*work)(void *), void *shared)
{
    Team team;
    Member member[MOST_THREADS];
    pthread_t thread[MOST_THREADS];
    int started = 1;
    pthread_mutex_init(&team.lock, NULL);
    pthread_cond_init(&team.turn, NULL);
    team.here = 0;
    team.round = 0;
    pthread_mutex_lock(&team.lock);
    for (int i = 0; i < size && i < MOST_THREADS; i++) {
        member[i].shared = shared;
        member[i].id = i;
        member[i].team = &team;
    }
    while (started < size && started < MOST_THREADS &&
           pthread_create(&thread[started], NULL, work, &member[started]) == 0)
        started++;
    team.size = started;
    pthread_mutex_unlock(&team.lock);
    work(&member[0]);
    for (int i = 1; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_cond_destroy(&team.turn);
    pthread_mutex_destroy(&team.lock);
    return started;
}

#endif

#endif
