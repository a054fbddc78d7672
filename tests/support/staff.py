"""A member of staff at the console: signs in, reads the lists, presses the buttons.

    pr.write_config({"console": account(pr)})
    pr.start("console")
    staff = Staff(pr)
    staff.sign_in()
    page = staff.get("/")
    staff.press(page, "/retry", cid=cid)
"""

import html
import re
import urllib.parse


def account(pr):
    """The settings of the staff page, with a password of `postroom setup`'s making."""
    done = pr.run("setup", pr.dir / "account", check=True)
    pr.staff_password = re.search(r"password '([^']+)'", done.stdout.decode())[1]
    return {"listen": f"127.0.0.1:{pr.console_port}", "user": "staff",
            "password_hash": pr.dir / "account/secrets/console.hash"}


class Staff:
    def __init__(self, pr):
        self.pr = pr
        self.cookie = ""

    def request(self, method, path, fields=None, headers=None):
        body = urllib.parse.urlencode(fields) if fields is not None else None
        status, got, page = self.pr.http(self.pr.console_port, method, path, body, {
            **({"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}),
            **({"Cookie": self.cookie} if self.cookie else {}), **(headers or {})})
        if "Set-Cookie" in got:
            self.cookie_given = got["Set-Cookie"]
            self.cookie = got["Set-Cookie"].split(";")[0]
        return status, got, page

    def sign_in(self, user="staff", password=None):
        page = self.request("GET", "/login")[2].decode()
        token = re.search(r'name="token" value="([^"]+)"', page)[1]
        return self.request("POST", "/login", {"token": token, "user": user,
                                               "password": password or self.pr.staff_password})

    def get(self, path="/"):
        status, _, page = self.request("GET", path)
        assert status == 200, (status, page[:500])
        return page.decode()

    def rows(self, name):
        """The list's rows: [(cid, html)]."""
        section = re.search(rf'<section id="{name}">(.*?)</section>', self.get(), re.DOTALL)[1]
        rows = re.findall(r"<tr>(.*?)</tr>", section.split("<tbody>")[-1] if "<tbody>" in section else "", re.DOTALL)
        return [(re.search(r"/contact/([0-9a-f]{32})", row)[1], html.unescape(row)) for row in rows]

    def press(self, page, action, **fields):
        """Submit that action's form of the page, as a browser would."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        return self.request("POST", action, {"csrf": csrf, **fields})
