"""docker-compose.yml, the image, the settings and what is mounted say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from nightbelt.secrets_directory import VARIABLE
from nightbelt.settings import ENV_PREFIX, Settings, load_settings
from tests.composition import ROOT, Dockerfile, Service, compose, dockerfile, reaches_the_builder, services

SERVICES = services()
IMAGE: Dockerfile = dockerfile()
OURS = {name: service for name, service in SERVICES.items() if "build" in service.said}
EACH = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
EACH_OF_OURS = pytest.mark.parametrize("service", OURS.values(), ids=OURS)
SECRET_PLACE = re.compile(r"/run/secrets/(\w+)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def mounted_text(service: Service) -> str:
    """The files of the repository that the service reads."""
    paths = [ROOT / source for source in service.mounts.values() if source.startswith("./")]
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.yml")))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


class TestSettings:
    @EACH
    def test_every_variable_is_a_setting(self, service: Service) -> None:
        known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} | {VARIABLE}
        ours = {name for name in {**service.environment, **IMAGE.environment} if name.startswith(ENV_PREFIX)}
        assert ours <= known
        assert all(isinstance(value, str) for value in service.environment.values())

    def test_the_service_starts_with_them(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        service = SERVICES["nightbelt"]
        places = {place: tmp_path / Path(place).name for place in service.environment[VARIABLE].split(":")}
        for directory in places.values():
            directory.mkdir()
        for name in service.secrets:
            (places["/run/secrets"] / name).write_text(f"secret of {name}")
        (places["/issued"] / "nightbelt_influx_token").write_text("token")
        for name, value in {**IMAGE.environment, **service.environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(VARIABLE, ":".join(map(str, places.values())))
        settings = load_settings()
        url = make_url(settings.records_location)
        assert (url.host, url.port, url.password) == ("postgres", 5432, "secret of nightbelt_records_password")
        assert settings.mqtt_password.get_secret_value() == "secret of nightbelt_mqtt_password"
        assert settings.influx_token.get_secret_value() == "token"
        assert settings.mqtt_tls
        assert settings.secure_cookies

    def test_the_stores_have_the_names_that_the_settings_have(self) -> None:
        settings, influx, postgres = (SERVICES[name].environment for name in ("nightbelt", "influxdb", "postgres"))
        assert influx["DOCKER_INFLUXDB_INIT_ORG"] == settings["NIGHTBELT_INFLUX_ORG"]
        buckets = {settings["NIGHTBELT_INFLUX_BUCKET"], Settings().influx_minutes_bucket}
        assert influx["DOCKER_INFLUXDB_INIT_BUCKET"] not in buckets  # the set-up would have to shorten its retention
        url = make_url(settings["NIGHTBELT_RECORDS_URL"])
        assert (url.username, url.database) == (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"])

    def test_grafana_asks_the_same_stores(self) -> None:
        settings = SERVICES["nightbelt"].environment
        text = (ROOT / "dashboards/provisioning/datasources/nightbelt.yml").read_text(encoding="utf-8")
        sources = {source["uid"]: source for source in yaml.safe_load(text)["datasources"]}
        records = sources.pop("nightbelt-records")
        url = make_url(settings["NIGHTBELT_RECORDS_URL"])
        assert (records["url"], records["jsonData"]["database"]) == (f"{url.host}:{url.port}", url.database)
        assert f"ALTER ROLE {records['user']} " in (ROOT / "deploy/grafana_role.sql").read_text(encoding="utf-8")
        assert {source["url"] for source in sources.values()} == {settings["NIGHTBELT_INFLUX_URL"]}
        buckets = {settings["NIGHTBELT_INFLUX_BUCKET"], Settings().influx_minutes_bucket}
        assert {source["jsonData"]["dbName"] for source in sources.values()} == buckets


class TestSecrets:
    @EACH
    def test_what_a_service_reads_is_given_to_it_and_nothing_else(self, service: Service) -> None:
        said = f"{service.words}\n{mounted_text(service)}"
        read = set(SECRET_PLACE.findall(said))
        if service.name == "nightbelt":
            read |= {name for name in service.secrets if name.startswith("nightbelt_")}  # by the secrets directory
        if service.name == "broker-config":
            read |= {"nightbelt_records_password"}
        if service.name == "mosquitto":
            read |= {"broker_cert", "broker_key"}  # by the settings that broker-config writes
        assert read == service.secrets

    def test_every_secret_is_defined_and_used(self) -> None:
        used = {name for service in SERVICES.values() for name in service.secrets}
        assert used == set(compose()["secrets"])

    @EACH
    def test_no_password_is_written_down(self, service: Service) -> None:
        for name, value in service.environment.items():
            if re.search("PASSWORD|TOKEN|KEY", name):
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
            assert make_url(value).password is None if "://" in value else True
        assert not re.search(r"(?i)(password|token)['\"]?\s*[=:]\s*(?!\$\$\(cat |/run/|/issued/)[\w'\"]", service.words)

    def test_what_is_issued_is_read_where_it_is_written(self) -> None:
        token = "/issued/nightbelt_influx_token"
        assert f"--token-file {token}" in SERVICES["setup-influx"].words
        assert f"$__file{{{token}}}" in mounted_text(SERVICES["grafana"])
        for name in ("setup-influx", "nightbelt", "grafana"):
            assert SERVICES[name].mounts["/issued"] == "issued"


class TestMounts:
    @EACH
    def test_every_source_is_in_the_repository_or_a_volume(self, service: Service) -> None:
        for source in service.mounts.values():
            assert (ROOT / source).exists() if source.startswith("./") else source in compose()["volumes"]

    def test_every_volume_is_used(self) -> None:
        used = {source for service in SERVICES.values() for source in service.mounts.values()}
        assert set(compose()["volumes"]) <= used

    @EACH_OF_OURS
    def test_our_volumes_are_made_for_our_account(self, service: Service) -> None:
        made = " ".join(IMAGE.arguments("RUN"))
        for seen, source in service.mounts.items():
            if not source.startswith("./"):
                assert re.search(rf"install -d -o 10001 -g 10001 [^&]*{seen}\b", made), seen

    def test_data_is_on_a_volume(self) -> None:
        assert IMAGE.environment["NIGHTBELT_DATA_DIR"] in SERVICES["nightbelt"].mounts


class TestPortsAndNetworks:
    def test_each_published_port_is_one_that_its_service_listens_on(self) -> None:
        published = {name: said.split(":")[-1] for name, service in SERVICES.items() for said in self.ports(service)}
        nightbelt, grafana = SERVICES["nightbelt"].environment, SERVICES["grafana"].environment
        assert published == {
            "nightbelt": str(Settings().web_port),
            "mosquitto": nightbelt["NIGHTBELT_MQTT_PORT"],
            "grafana": grafana["GF_SERVER_HTTP_PORT"],
        }
        assert published["nightbelt"] == IMAGE.last("EXPOSE")
        assert f"--port {published['mosquitto']} " in (ROOT / "deploy/broker-config.sh").read_text()

    def test_only_belts_come_in_from_outside(self) -> None:
        for name, service in SERVICES.items():
            for said in self.ports(service):
                assert said.startswith("127.0.0.1:") or name == "mosquitto"

    @EACH
    def test_each_health_check_asks_at_the_port_that_is_served(self, service: Service) -> None:
        ports = {"mosquitto": "8883", "postgres": "5432", "influxdb": "8086", "grafana": "3000"}
        if service.name in ports:
            assert ports[service.name] in str(service.said["healthcheck"]["test"])
        elif service.name == "nightbelt":
            assert f":{Settings().web_port}/healthz" in IMAGE.last("HEALTHCHECK")
        else:
            assert service.runs_and_ends

    @EACH
    def test_whom_a_service_names_it_can_reach(self, service: Service) -> None:
        said = f"{service.words}\n{mounted_text(service)}"
        for other in SERVICES.values():
            if other is not service and re.search(rf"(//|@|-h |_HOST: |url: ){other.name}\b", said):
                assert service.networks & other.networks, other.name

    def test_stores_are_reached_from_inside_only(self) -> None:
        networks = compose()["networks"]
        for name in ("postgres", "influxdb"):
            assert all(networks[network].get("internal") for network in SERVICES[name].networks)
        assert set(networks) == {network for service in SERVICES.values() for network in service.networks}

    @staticmethod
    def ports(service: Service) -> list[str]:
        return list(service.said.get("ports", ()))


class TestRunning:
    @EACH
    def test_every_image_is_pinned(self, service: Service) -> None:
        name, _, tag = service.said["image"].partition(":")
        assert re.fullmatch(r"\d+\.\d+(\.\d+)?(-\w+)?", tag)
        if name == "nightbelt":
            assert tag == PROJECT["project"]["version"]

    @EACH
    def test_every_service_comes_back_and_says_how_it_is(self, service: Service) -> None:
        assert service.said["restart"] in {"no", "unless-stopped"}
        if service.runs_and_ends:
            assert service.said["healthcheck"] == {"disable": True}
        else:
            assert "test" in service.said.get("healthcheck", ()) or "build" in service.said
        assert service.said["mem_limit"]
        assert service.said["logging"]["options"]["max-size"]
        assert service.said["security_opt"] == ["no-new-privileges:true"]

    @EACH
    def test_it_waits_for_services_that_exist_and_in_the_right_way(self, service: Service) -> None:
        for name, wait in service.said.get("depends_on", {}).items():
            ends = SERVICES[name].runs_and_ends
            assert wait["condition"] == ("service_completed_successfully" if ends else "service_healthy")

    @EACH_OF_OURS
    def test_ours_can_do_nothing_but_their_work(self, service: Service) -> None:
        assert service.said["read_only"] is True
        assert service.said["cap_drop"] == ["ALL"]
        assert service.said["tmpfs"]
        assert "user" not in service.said


class TestGuide:
    GUIDE = (ROOT / "docs/guides/production.md").read_text(encoding="utf-8")

    def test_its_commands_name_services_that_exist(self) -> None:
        commands = re.findall(r"docker compose (?:run|exec|kill|ps -q|up -d)((?: [^`;&|<>#\n)]+)?)", self.GUIDE)
        options = r" (-v|--entrypoint|-s) \S+| -{1,2}[\w-]+"
        named = {words[0] for command in commands if (words := re.sub(options, "", command).split())}
        assert named <= set(SERVICES)
        assert {"nightbelt", "broker-config", "mosquitto", "postgres", "influxdb"} <= named

    def test_it_names_secrets_and_ports_that_exist(self) -> None:
        assert set(SECRET_PLACE.findall(self.GUIDE)) <= set(compose()["secrets"])
        assert set(re.findall(r"http://127\.0\.0\.1:(\d+)", self.GUIDE)) == {"8000", "3000"}


class TestImage:
    def test_the_base_is_pinned_and_the_same_twice(self) -> None:
        bases = {text.split()[0] for text in IMAGE.arguments("FROM")}
        assert len(bases) == 1
        (base,) = bases
        assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base)
        assert f"VERSION={PROJECT['project']['version']}" in IMAGE.arguments("ARG")

    def test_all_that_is_copied_exists_and_reaches_the_builder(self) -> None:
        for source in IMAGE.copied:
            assert (ROOT / source).exists(), source
            some = next((ROOT / source).rglob("*.py"), None) if (ROOT / source).is_dir() else ROOT / source
            assert some is not None
            assert reaches_the_builder(str(some.relative_to(ROOT))), source

    def test_every_package_is_copied(self) -> None:
        packages = {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
        assert packages <= set(IMAGE.copied)

    @pytest.mark.parametrize("path", ["secrets/ca.key", "data/records.sqlite", ".git/config", "tests/composition.py"])
    def test_secrets_data_and_tests_stay_out(self, path: str) -> None:
        assert not reaches_the_builder(path)

    def test_it_runs_under_an_account_of_its_own_with_nothing_to_build_with(self) -> None:
        assert IMAGE.last("USER") == "10001:10001"
        assert "--require-hashes -r requirements.lock" in " ".join(IMAGE.arguments("RUN"))
        last = " ".join(IMAGE.last_stage("RUN"))
        assert "pip uninstall" in last
        assert "apt-get" not in last

    def test_mosquitto_runs_under_the_same_account(self) -> None:
        assert SERVICES["mosquitto"].said["user"] == IMAGE.last("USER")
