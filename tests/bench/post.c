/*
 * post: browsers, many at once. Gets a form (for its token) for each report, then sends them over
 * connections that are kept alive, and says of each when it was sent and answered, and with which
 * reference.
 *
 *     post PORT CONNECTIONS RATE FILE      RATE: reports a second, 0 for as fast as they are taken
 *
 * FILE holds the reports: lines of a decimal length, each followed by so many bytes, the parts of a
 * multipart body (boundary `b`) behind the token. Prints for each report: sent and answered (ns
 * since 1970), status, reference.
 */
#include "postroom/buf.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPORTS_MAX 100000
#define ANSWER_MAX  65536

struct report {
	struct pr_str body;
	char token[256];
	int64_t sent, answered;
	int status;
	char reference[64];
};

static struct {
	in_port_t port;
	double rate;
	struct report *reports;
	size_t n;
	atomic_size_t next_form, next_post;
	pthread_barrier_t ready; /* all tokens are there: the clock starts */
	_Atomic int64_t start;
} all;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "post: %s\n", what);
	exit(111);
}

static int64_t
ns_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int
dial(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = all.port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die("cannot connect");
	return fd;
}

/* ---- one exchange ---- */

/* Between two marks; false when they are not there. */
static bool
between(const char *text, const char *before, const char *after, char *out, size_t room)
{
	const char *at = strstr(text, before), *end = NULL;

	if (at) {
		at += strlen(before);
		end = strstr(at, after);
	}
	if (!end || (size_t)(end - at) >= room)
		return false;
	memcpy(out, at, (size_t)(end - at));
	out[end - at] = 0;
	return true;
}

/* The whole answer, NUL-terminated; its status. */
static int
exchange(int fd, struct pr_str request, char answer[ANSWER_MAX])
{
	char words[16];
	size_t n = 0, whole = 0;
	struct pr_err err;

	if (pr_write_all(fd, request.p, request.n, &err) < 0)
		die(err.msg);
	while (whole == 0 || n < whole) {
		ssize_t got = read(fd, answer + n, ANSWER_MAX - 1 - n);
		if (got <= 0)
			die("the server hung up, or its answer is too long");
		n += (size_t)got;
		answer[n] = 0;
		const char *end = strstr(answer, "\r\n\r\n");
		if (end && between(answer, "Content-Length: ", "\r\n", words, sizeof(words)))
			whole = (size_t)(end + 4 - answer) + strtoul(words, NULL, 10);
	}
	return between(answer, " ", " ", words, sizeof(words)) ? (int)strtol(words, NULL, 10) : 0;
}

static void
get_form(int fd, struct report *r, char *answer)
{
	static const struct pr_str request = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 35};

	if (exchange(fd, request, answer) != 200 ||
	    !between(answer, "name=\"token\" value=\"", "\"", r->token, sizeof(r->token)))
		die("there is no form with a token at /");
}

static void
post(int fd, struct report *r, struct pr_buf *request, char *answer)
{
	static const char before[] =
	    "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n";

	pr_buf_reset(request);
	pr_buf_addf(
	    request,
	    "POST /report HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
	    "boundary=b\r\nContent-Length: %zu\r\n\r\n%s%s\r\n",
	    strlen(before) + strlen(r->token) + 2 + r->body.n, before, r->token);
	pr_buf_add_str(request, r->body);
	r->sent = ns_now();
	r->status = exchange(fd, pr_buf_str(request), answer);
	r->answered = ns_now();
	if (!between(answer, "ref=", "&", r->reference, sizeof(r->reference)))
		snprintf(r->reference, sizeof(r->reference), "-");
}

/* ---- browsers ---- */

static void
wait_turn(size_t i)
{
	int64_t ns = all.start + (int64_t)((double)i * 1e9 / all.rate) - ns_now();

	if (ns > 0)
		nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
}

static void *
browser(void *arg)
{
	PR_AUTO_BUF struct pr_buf request;
	char *answer = malloc(ANSWER_MAX);
	int fd = dial();
	size_t i;

	(void)arg;
	if (!answer)
		pr_out_of_memory();
	pr_buf_init(&request, (size_t)1 << 20);
	while ((i = all.next_form++) < all.n)
		get_form(fd, &all.reports[i], answer);
	if (pthread_barrier_wait(&all.ready) == PTHREAD_BARRIER_SERIAL_THREAD)
		all.start = ns_now();
	pthread_barrier_wait(&all.ready);
	while ((i = all.next_post++) < all.n) {
		if (all.rate > 0)
			wait_turn(i);
		post(fd, &all.reports[i], &request, answer);
	}
	close(fd);
	free(answer);
	return NULL;
}

static void
read_reports(struct pr_str rest)
{
	struct pr_str line;
	int64_t length;

	all.reports = calloc(REPORTS_MAX, sizeof(*all.reports));
	if (!all.reports)
		pr_out_of_memory();
	while (all.n < REPORTS_MAX && pr_str_cut(&rest, '\n', &line)) {
		if (!pr_str_int(line, 1, (int64_t)rest.n, &length))
			die("FILE is not lengths and bytes");
		all.reports[all.n++].body = pr_str_sub(rest, 0, (size_t)length);
		rest = pr_str_sub(rest, (size_t)length, rest.n);
	}
}

int
main(int argc, char **argv)
{
	PR_AUTO_BUF struct pr_buf file;
	struct pr_err err;

	pr_buf_init(&file, (size_t)1 << 30);
	if (argc != 5 || pr_file_read(AT_FDCWD, argv[4], &file, &err) < 0)
		die("usage: post PORT CONNECTIONS RATE FILE");
	long connections = strtol(argv[2], NULL, 10);
	if (connections < 1 || connections > 1000)
		die("CONNECTIONS are 1 to 1000");
	all.port = htons((in_port_t)strtoul(argv[1], NULL, 10));
	all.rate = strtod(argv[3], NULL);
	read_reports(pr_buf_str(&file));
	pthread_t *threads = calloc((size_t)connections, sizeof(*threads));
	pthread_barrier_init(&all.ready, NULL, (unsigned)connections);
	for (long i = 0; threads && i < connections; i++)
		if (pthread_create(&threads[i], NULL, browser, NULL) != 0)
			die("cannot start a thread");
	for (long i = 0; threads && i < connections; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < all.n; i++)
		printf("%lld %lld %d %s\n", (long long)all.reports[i].sent,
		       (long long)all.reports[i].answered, all.reports[i].status,
		       all.reports[i].reference);
	free(threads);
	free(all.reports);
	return 0;
}
