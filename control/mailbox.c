/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/mailbox.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct request *waiting, *taken; /* by the asker; by the control thread */
	bool closed;
	int fd;
};

struct mailbox *mailbox_new(void)
{
	struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

	if (!mailbox)
		return NULL;
	mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mailbox->fd < 0) {
		free(mailbox);
		return NULL;
	}
	pthread_mutex_init(&mailbox->lock, NULL);
	pthread_cond_init(&mailbox->answered, NULL);
	return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
	if (!mailbox)
		return;
	pthread_cond_destroy(&mailbox->answered);
	pthread_mutex_destroy(&mailbox->lock);
	close(mailbox->fd);
	free(mailbox);
}

static void ring(struct mailbox *mailbox)
{
	const uint64_t one = 1;

	while (write(mailbox->fd, &one, sizeof(one)) < 0)
		;
}

bool mailbox_ask(struct mailbox *mailbox, struct request *request)
{
	pthread_mutex_lock(&mailbox->lock);
	if (!mailbox->closed) {
		mailbox->waiting = request;
		ring(mailbox);
	}
	while ((mailbox->waiting || mailbox->taken) && !mailbox->closed)
		pthread_cond_wait(&mailbox->answered, &mailbox->lock);
	if (mailbox->closed)
		failure_set(&request->failure, EXIT_REFUSED, "the box is stopping");
	pthread_mutex_unlock(&mailbox->lock);
	return !request->failure.exit_code;
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->fd;
}

struct request *mailbox_take(struct mailbox *mailbox)
{
	uint64_t rung;
	ssize_t got = read(mailbox->fd, &rung, sizeof(rung));

	if (got != sizeof(rung))
		return NULL;
	pthread_mutex_lock(&mailbox->lock);
	mailbox->taken = mailbox->waiting;
	mailbox->waiting = NULL;
	pthread_mutex_unlock(&mailbox->lock);
	return mailbox->taken;
}

void mailbox_answer(struct mailbox *mailbox, struct request *request)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->taken = NULL;
	pthread_cond_signal(&mailbox->answered);
	pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_close(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->closed = true;
	pthread_cond_broadcast(&mailbox->answered);
	pthread_mutex_unlock(&mailbox->lock);
}
